from decimal import Decimal

import pytest

from desk.personal_data.parts import NotErasableError
from desk.tests.personal_data.held import erased, rows
from orders.models import Order, OrderEvent, OrderLine
from orders.tests.factories import placed_order, placed_sale

pytestmark = pytest.mark.django_db
ADDRESS = ("recipient", "line_1", "line_2", "city", "postcode", "country")
NOWHERE = ["erased", "erased", "", "", "", "GB"]


@pytest.fixture
def order():
    order = placed_order()
    Order.objects.filter(pk=order.pk).update(state="delivered")
    placed_order()
    return order


def test_a_customer_reads_what_they_ordered_and_where_it_went(order):
    [row] = rows("customer", "orders", order.customer_id)
    assert (row["number"], row["amount"], row["currency"]) == (
        order.number,
        Decimal("50.00"),
        "GBP",
    )
    assert (row["recipient"], row["postcode"]) == ("John Doe", "W2 6NB")
    assert row["state"] == "delivered"


def test_the_lines_and_events_are_those_of_their_orders(order):
    [line] = rows("customer", "order_lines", order.customer_id)
    assert (line["order__number"], line["quantity"]) == (order.number, 2)
    events = rows("customer", "order_events", order.customer_id)
    assert {event["order__number"] for event in events} == {order.number}
    assert events[0]["to_state"] == "placed"


@pytest.mark.parametrize("state", ["placed", "active", "shipped"])
def test_while_an_order_is_under_way_its_number_is_named_and_nothing_goes(order, state):
    Order.objects.filter(pk=order.pk).update(state=state)
    with pytest.raises(NotErasableError, match=f"{order.number} is under way. Cancel it"):
        erased("customer", "orders", order.customer_id)
    assert Order.objects.get(pk=order.pk).recipient == "John Doe"


@pytest.mark.parametrize("state", ["delivered", "finished", "cancelled"])
def test_of_an_order_that_is_done_the_country_and_the_price_stay(order, state):
    Order.objects.filter(pk=order.pk).update(state=state)
    assert erased("customer", "orders", order.customer_id) == 1
    [row] = rows("customer", "orders", order.customer_id)
    assert [row[name] for name in ADDRESS] == NOWHERE
    assert (row["item"], row["amount"]) == (order.item, Decimal("50.00"))


def test_one_open_order_keeps_the_addresses_of_all(order):
    placed_order(order.customer)
    with pytest.raises(NotErasableError):
        erased("customer", "orders", order.customer_id)
    assert not Order.objects.filter(line_1="erased").exists()


def test_an_order_without_an_address_gets_none_and_is_not_counted(order):
    sale = placed_sale(order.customer)
    Order.objects.filter(pk=sale.pk).update(state="delivered")
    assert erased("customer", "orders", order.customer_id) == 1
    assert Order.objects.get(pk=sale.pk).line_1 == ""


def test_a_second_time_nothing_is_left_to_erase(order):
    erased("customer", "orders", order.customer_id)
    assert erased("customer", "orders", order.customer_id) == 0


def test_others_orders_are_under_way_and_stay_as_they_are(order):
    others = Order.objects.exclude(pk=order.pk)
    before = list(others.values())
    erased("customer", "orders", order.customer_id)
    assert list(others.values()) == before


def test_lines_and_events_stay_for_bookkeeping(order):
    models = (OrderLine, OrderEvent)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    for name in ("order_lines", "order_events"):
        assert erased("customer", name, order.customer_id) == 0
    assert [list(model.objects.order_by("pk").values()) for model in models] == before
