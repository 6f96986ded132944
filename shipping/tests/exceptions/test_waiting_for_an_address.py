"""Orders that wait for an address: before staff as a case, and ended by whoever gives them one."""

from typing import Any

import pytest
from django.test import Client

from core.cases.models import Case
from core.sweeper import reconcile
from core.tests.plans import forget_statistics
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import UserFactory
from orders import cases, services
from orders.models import Order
from orders.tests.factories import ADDRESS, KitFactory, placed_kit_order, placed_order, placed_sale
from shipping.models import Shipment

KITS, ORDERS = "/api/v1/dna-kit-orders/", "/api/v1/orders/"
NOWHERE = {"customer": None, "kit_type": "ancestry"}
pytestmark = pytest.mark.django_db


def waiting_order(**options) -> Order:
    return placed_kit_order(customer=CustomerFactory.create(**options))


def open_cases() -> list[int]:
    """The orders that have an open case."""
    rows = Case.objects.filter(kind="order-without-address", closed_at=None)
    return sorted(rows.values_list("subject_id", flat=True))


@pytest.fixture
def boss():
    browser = Client()
    browser.force_login(UserFactory.create(is_superuser=True))
    return browser


def test_an_order_without_an_address_is_a_case_from_the_start():
    order = waiting_order()
    placed_order()
    placed_sale()
    assert open_cases() == [order.pk]
    assert (Case.objects.get().title, Case.objects.get().source) == (order.number, "")


def test_the_sweeper_opens_and_closes_what_was_forgotten():
    order = waiting_order()
    Case.objects.all().delete()
    reconcile()
    assert open_cases() == [order.pk]
    Order.objects.update(**ADDRESS)
    reconcile()
    assert open_cases() == []


def test_the_orders_that_wait_have_an_index():
    forget_statistics()
    assert "order_awaiting_address" in cases.waiting().order_by("-id").explain()


def test_staff_give_it_an_address_from_the_customers_book(boss):
    order = waiting_order()
    known = AddressFactory.create(customer=order.customer, is_default=False)
    page = f"/admin/core/case/{Case.objects.get().pk}/give-address/"
    assert known.line_1 in boss.get(page).content.decode()
    boss.post(page, ADDRESS | {"postcode": "w26nb", "reason": ""})
    order.refresh_from_db()
    assert (order.address(), open_cases()) == (ADDRESS, [])
    assert Shipment.objects.get(order=order).address() == ADDRESS


def test_what_staff_give_becomes_the_first_of_a_customer_without_any(boss):
    order = waiting_order()
    other = placed_kit_order(customer=order.customer)
    page = f"/admin/core/case/{Case.objects.get(subject_id=order.pk).pk}/give-address/"
    assert "this becomes their default one" in boss.get(page).content.decode()
    done = boss.post(page, ADDRESS | {"reason": ""}, follow=True).content.decode()
    assert f"it is their default one now. {other.number} waited too, and goes there." in done
    assert order.customer.addresses.get(is_default=True).address() == ADDRESS
    other.refresh_from_db()
    assert (other.address(), open_cases()) == (ADDRESS, [])


def test_what_staff_give_on_the_orders_page_becomes_the_first_one_too(boss):
    order = waiting_order()
    page = f"/admin/orders/dnakitorder/{order.pk}/"
    boss.post(f"{page}give_address/", ADDRESS | {"_form_submitted": "on"})
    assert order.customer.addresses.get(is_default=True).address() == ADDRESS
    assert "it is their default one now" in boss.get(f"{page}change/").content.decode()


def test_what_a_program_gives_is_of_the_order_alone(api):
    order = waiting_order()
    api().patch(f"{ORDERS}{order.pk}/", {"delivery_address": ADDRESS}, format="json")
    order.refresh_from_db()
    assert (order.address(), order.customer.addresses.count()) == (ADDRESS, 0)


def test_a_bad_address_leaves_the_case_as_it_is(boss):
    waiting_order()
    page = f"/admin/core/case/{Case.objects.get().pk}/give-address/"
    answer = boss.post(page, ADDRESS | {"postcode": "ZZZ"})
    assert "Write it like" in answer.content.decode()
    assert not Shipment.objects.exists()
    assert open_cases()


def test_staff_cancel_it_with_a_reason(boss):
    order = waiting_order()
    page = f"/admin/core/case/{Case.objects.get().pk}/cancel/"
    assert boss.post(page, {"reason": ""}).status_code == 422
    boss.post(page, {"reason": "never answered"})
    order.refresh_from_db()
    assert (order.state, open_cases()) == ("cancelled", [])


def test_a_program_gives_it_an_address_through_the_queue(api):
    order = waiting_order()
    case = Case.objects.get()
    where = f"/api/v1/exceptions/{case.pk}/actions/give-address/"
    may = ("exceptions:read", "exceptions:write", "orders:read")
    assert api(*may).post(where, {"fields": ADDRESS}, format="json").status_code == 403
    answer = api(*may, "orders:write").post(where, {"fields": ADDRESS}, format="json")
    assert (answer.status_code, answer.json()["closed_at"] is None) == (200, False)
    assert Shipment.objects.filter(order=order).exists()


def test_cancelling_the_order_elsewhere_ends_the_case():
    services.cancel_order(waiting_order(), by="user:test")
    assert open_cases() == []


def test_they_are_on_the_start_page_and_in_a_filter_of_the_list(boss):
    order, other = waiting_order(), placed_order()
    assert "Order without an address" in boss.get("/admin/").content.decode()
    shown = boss.get("/admin/orders/order/", {"address": "awaited"}).content.decode()
    assert f"/{order.pk}/change/" in shown
    assert f"/{other.pk}/change/" not in shown


# --- The address comes ----------------------------------------------------------------------------


def test_the_first_address_of_a_customer_goes_to_the_orders_that_wait(api):
    customer = CustomerFactory.create()
    orders = [placed_kit_order(customer=customer), placed_kit_order(customer=customer)]
    others = waiting_order()
    answer = api().post(f"/api/v1/customers/{customer.pk}/addresses/", ADDRESS, format="json")
    assert answer.json()["shipped"] == [order.number for order in orders]
    assert {s.order_id for s in Shipment.objects.all()} == {order.pk for order in orders}
    assert open_cases() == [others.pk]
    event = orders[0].events.get(kind="address-set")
    assert event.detail == "the customer's first address"
    assert event.actor.startswith("client:")


def test_who_may_not_read_orders_is_not_shown_their_numbers(api):
    order = waiting_order()
    book = f"/api/v1/customers/{order.customer_id}/addresses/"
    answer = api("customers:read", "customers:write").post(book, ADDRESS, format="json")
    assert answer.json()["shipped"] == []
    assert Shipment.objects.filter(order=order).exists()


def test_a_later_address_goes_to_no_order_by_itself(api):
    order = waiting_order()
    AddressFactory.create(customer=order.customer)
    book = f"/api/v1/customers/{order.customer_id}/addresses/"
    assert api().post(book, ADDRESS, format="json").json()["shipped"] == []
    assert open_cases() == [order.pk]


def test_the_first_address_typed_by_staff_does_the_same(boss):
    order = waiting_order(name="Ada", code="ADA-1")
    page = f"/admin/customers/customer/{order.customer_id}/change/"
    shown = boss.get(page).context
    form: dict[str, Any] = {}
    for each in shown["inline_admin_formsets"]:
        form |= {f"{each.formset.prefix}-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    form |= {"name": "Ada", "code": "ADA-1", "addresses-TOTAL_FORMS": 1}
    form |= {f"addresses-0-{name}": value for name, value in ADDRESS.items()}
    answer = boss.post(page, form, follow=True)
    assert f"Goes to this address now: {order.number}." in answer.content.decode()
    (home,) = order.customer.addresses.all()
    assert (home.address(), home.is_default) == (ADDRESS, True)
    assert open_cases() == []


# --- Given with the order, or later by PATCH ------------------------------------------------------


@pytest.mark.parametrize("has_default", [True, False])
def test_a_kit_goes_where_its_order_says(api, has_default):
    customer = CustomerFactory.create()
    if has_default:
        AddressFactory.create(customer=customer, line_1="elsewhere")
    KitFactory.create(item_id="ancestry")
    body = {"customer": customer.pk, "kit_type": "ancestry", "delivery_address": ADDRESS}
    answer = api("dna-kit-orders:write", "orders:read").post(KITS, body, format="json")
    assert (answer.status_code, answer.json()["delivery_address"]) == (201, ADDRESS)
    assert Shipment.objects.get().address() == ADDRESS
    assert open_cases() == []


def test_a_kits_bad_address_is_refused_by_line(api):
    KitFactory.create(item_id="ancestry")
    body = {
        "customer": CustomerFactory.create().pk,
        "kit_type": "ancestry",
        "delivery_address": ADDRESS | {"postcode": "ZZZ"},
    }
    (error,) = api().post(KITS, body, format="json").json()["errors"]
    assert error["attr"] == "delivery_address.postcode"
    assert "Write it like EC1Y 8SY" in error["detail"]
    assert not Order.objects.exists()


def test_a_sale_keeps_the_address_and_makes_no_parcel(api):
    customer = CustomerFactory.create()
    body = {"customer": customer.pk, "item": "x", "amount": "1.00", "delivery_address": ADDRESS}
    answer = api().post("/api/v1/sales/create-order/", body, format="json")
    assert answer.json()["delivery_address"] == ADDRESS
    assert not Shipment.objects.exists()
    assert open_cases() == []


def changed(api, order, scopes=("orders:write", "orders:read"), **change):
    body = {"delivery_address": ADDRESS | change}
    return api(*scopes).patch(f"{ORDERS}{order.pk}/", body, format="json")


def test_PATCH_gives_a_waiting_order_its_address(api):
    order = waiting_order()
    answer = changed(api, order)
    assert answer.status_code == 200
    assert answer.json()["delivery_address"] == ADDRESS
    assert set(answer.json()["changed"]) == set(ADDRESS)
    assert Shipment.objects.get(order=order).address() == ADDRESS


def test_PATCH_sends_an_order_elsewhere_before_anything_has_left(api):
    order = placed_order()
    answer = changed(api, order, line_1="99 Moved Street", postcode="ec1y8sy")
    assert answer.json()["changed"] == ["line_1", "postcode"]
    shipment = Shipment.objects.get(order=order)
    assert (shipment.line_1, shipment.postcode) == ("99 Moved Street", "EC1Y 8SY")
    event = order.events.get(kind="changed")
    assert event.detail.startswith("changed: line_1, postcode")
    assert shipment.events.filter(kind="changed").exists()


def test_PATCH_with_the_same_address_changes_nothing(api):
    order = placed_order()
    assert changed(api, order).json()["changed"] == []
    assert not order.events.filter(kind="changed").exists()


@pytest.mark.parametrize("state", ["sending", "sent", "in-transit", "delivered", "unknown"])
def test_PATCH_is_too_late_once_a_parcel_has_left(api, state):
    order = placed_order()
    Shipment.objects.update(state=state)
    answer = changed(api, order, line_1="99 Moved Street")
    assert answer.status_code == 409
    order.refresh_from_db()
    assert order.address() == ADDRESS == Shipment.objects.get().address()


def test_PATCH_never_reaches_a_parcel_that_may_have_left(api):
    order = placed_order()
    Shipment.objects.update(state="queued", doubtful=True)
    assert changed(api, order, line_1="99 Moved Street").status_code == 409


def test_PATCH_corrects_a_refused_parcel_which_staff_send_again(api):
    order = placed_order()
    Shipment.objects.update(state="rejected")
    assert changed(api, order, line_1="99 Moved Street").status_code == 200
    assert Shipment.objects.values_list("state", "line_1").get() == ("rejected", "99 Moved Street")


def test_PATCH_of_a_recurring_order_is_for_what_is_still_to_come(api):
    order = placed_order(interval="weekly")
    Shipment.objects.update(state="in-transit")
    assert changed(api, order, line_1="99 Moved Street").status_code == 200
    assert Shipment.objects.get().line_1 == ADDRESS["line_1"]
    assert Order.objects.get().line_1 == "99 Moved Street"


@pytest.mark.parametrize("state", ["shipped", "delivered", "finished", "cancelled"])
def test_PATCH_of_an_order_that_has_ended_is_a_409(api, state):
    order = placed_order()
    Order.objects.update(state=state)
    assert changed(api, order, line_1="99 Moved Street").status_code == 409


@pytest.mark.parametrize("body", [{}, {"delivery_address": None}, {"item": "x"}, []])
def test_PATCH_of_anything_else_is_refused(api, body):
    order = placed_order()
    assert api().patch(f"{ORDERS}{order.pk}/", body, format="json").status_code == 400


def test_an_address_that_was_kept_before_a_rule_still_ships(api):
    home = AddressFactory.create(postcode="ZZZ")
    placed = placed_kit_order(customer=home.customer)
    assert Shipment.objects.get(order=placed).postcode == "ZZZ"
