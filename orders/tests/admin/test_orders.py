"""Orders in the admin: placed through a form, read-only afterwards."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import UserFactory, actor_named
from orders.models import Order
from orders.tests.factories import (
    ADDRESS,
    KitFactory,
    ProductFactory,
    placed_kit_order,
    placed_order,
    placed_sale,
)

LIST = "/admin/orders/order/"
ADD = f"{LIST}add/"
KITS = "/admin/orders/dnakitorder/"
pytestmark = pytest.mark.django_db


def signed_in(*permissions, **fields):
    """A browser of somebody with these permissions of the orders app."""
    user = UserFactory.create(**fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    browser = Client()
    browser.force_login(user)
    return browser


def typed(customer, *lines, **change):
    """What the form for a new order sends."""
    form = {
        "customer": customer.pk,
        "delivery_service": "standard",
        "shipping_interval": "none",
        "channel": "",
        **dict.fromkeys(ADDRESS, ""),
        "lines-TOTAL_FORMS": len(lines) + 1,
        "lines-INITIAL_FORMS": 0,
        f"lines-{len(lines)}-product": "",
        f"lines-{len(lines)}-quantity": "",
    }
    for number, (product, quantity) in enumerate(lines):
        form |= {f"lines-{number}-product": product.pk, f"lines-{number}-quantity": quantity}
    return form | change


def said(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_staff_place_an_order_to_the_default_address(boss, serum):
    home = AddressFactory.create()
    kit = KitFactory.create(item_id="ancestry")
    assert boss.get(ADD).status_code == 200
    form = typed(home.customer, (serum, 2), (kit, 1), shipping_interval="weekly", channel="email")
    answer = boss.post(ADD, form)
    order = Order.objects.get()
    assert (answer.status_code, answer.url) == (302, LIST)
    assert order.address() == home.address()
    assert (order.shipping_interval, order.channel, order.kit_type) == (
        "weekly",
        "email",
        "ancestry",
    )
    assert [line.quantity for line in order.lines.all()] == [2, 1]
    assert order.events.get(kind="placed").actor == actor_named("boss")
    assert str(order.number) in said(answer)


def test_staff_may_type_another_address(boss, serum):
    customer = AddressFactory.create().customer
    boss.post(ADD, typed(customer, (serum, 1), **ADDRESS | {"city": "Leeds"}))
    assert Order.objects.get().city == "Leeds"


def test_the_customers_page_can_name_the_customer_in_the_address(boss):
    customer = CustomerFactory.create(name="Ada Lovelace")
    assert b"Ada Lovelace" in boss.get(f"{ADD}?customer={customer.pk}").content


REFUSED = {
    "no lines": (lambda serum: [], {}, "different products"),
    "twice": (lambda serum: [(serum, 1), (serum, 2)], {}, "listed twice"),
    "none of it": (lambda serum: [(serum, 0)], {}, "greater than or equal to 1"),
    "too many": (lambda serum: [(serum, 1001)], {}, "less than or equal to 1000"),
    "two currencies": (
        lambda serum: [(serum, 1), (ProductFactory.create(currency="KES"), 1)],
        {},
        "separately",
    ),
    "not on sale": (lambda _: [(ProductFactory.create(is_active=False), 1)], {}, "not on sale"),
    "half an address": (None, {"line_1": "4 Castle Street"}, "This field cannot be blank"),
    "too long": (None, ADDRESS | {"city": "x" * 36}, "at most 35 characters"),
    "no country": (None, ADDRESS | {"country": "XX"}, "is not a country"),
    "two lines in one": (None, ADDRESS | {"city": "a\nb"}, "on one line"),
    "no such channel": (None, {"channel": "pigeon"}, "Select a valid choice"),
    "no phone": (None, {"channel": "sms"}, "no phone number"),
    "no service": (None, {"delivery_service": ""}, "This field is required"),
    "no customer": (None, {"customer": ""}, "Choose a customer, or type the name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_C1_what_cannot_be_ordered_is_refused_with_the_reason(boss, serum, case):
    make, change, reason = REFUSED[case]
    home = AddressFactory.create(customer=CustomerFactory.create(phone_number=""))
    lines = make(serum) if make else [(serum, 1)]
    answer = boss.post(ADD, typed(home.customer, *lines) | change)
    assert answer.status_code == 200
    assert reason in answer.content.decode()
    assert not Order.objects.exists()


def test_without_any_address_the_order_is_refused(boss, serum):
    answer = boss.post(ADD, typed(CustomerFactory.create(), (serum, 1)))
    assert "no default address" in answer.content.decode()
    assert not Order.objects.exists()


def test_A1_staff_place_a_kit_order(boss):
    home, kit = AddressFactory.create(), KitFactory.create(item_id="carrier-screening")
    assert boss.get(f"{KITS}add/").status_code == 200
    form = {"customer": home.customer_id, "kit": kit.pk, "channel": "sms"}
    assert boss.post(f"{KITS}add/", form).status_code == 302
    order = Order.objects.get()
    assert (order.kit_type, order.channel, order.ships) == ("carrier-screening", "sms", True)


def test_A1_a_kit_without_an_address_waits_and_staff_are_told(boss):
    kit = KitFactory.create(item_id="ancestry")
    form = {"customer": CustomerFactory.create().pk, "kit": kit.pk, "channel": ""}
    answer = boss.post(f"{KITS}add/", form)
    order = Order.objects.get()
    assert "has no address" in said(answer)
    assert f"{KITS}{order.pk}/change/" in said(answer)
    page = boss.get(f"{KITS}{order.pk}/change/").content.decode()
    assert "Give an address" in page


def test_A2_a_channel_that_does_not_reach_is_refused(boss):
    kit = KitFactory.create(item_id="ancestry")
    customer = CustomerFactory.create(email="")
    answer = boss.post(f"{KITS}add/", {"customer": customer.pk, "kit": kit.pk, "channel": "email"})
    assert "no e-mail address" in answer.content.decode()
    assert not Order.objects.exists()


def test_the_page_shows_lines_and_history_and_saves_nothing(boss):
    order = placed_order()
    url = f"{LIST}{order.pk}/change/"
    page = boss.get(url).content.decode()
    for text in (order.number, "179 harrow road", order.lines.get().name, "user:test", "placed"):
        assert text in page
    assert 'name="_save"' not in page
    boss.post(url, {"state": "delivered", "item": "gold", "amount": "0"})
    order.refresh_from_db()
    assert (order.state, order.amount) != ("delivered", 0)
    assert order.item != "gold"


def test_selected_orders_are_cancelled_and_the_others_named(boss):
    free, gone = placed_sale(), placed_sale()
    Order.objects.filter(pk=gone.pk).update(state="shipped")
    form = {"action": "cancel_selected", "_selected_action": [free.pk, gone.pk]}
    shown = boss.post(LIST, form).content.decode()
    assert "1 of 2 would be done" in shown
    assert "Left out: " in shown.partition(str(gone.number))[2]
    assert set(Order.objects.values_list("state", flat=True)) == {"placed", "shipped"}
    answer = boss.post(LIST, form | {"confirmed": "yes"})
    assert "Cancelled: 1." in said(answer)
    assert gone.number in said(answer)
    assert {o.state for o in Order.objects.all()} == {"cancelled", "shipped"}
    assert free.events.get(kind="cancelled").actor == actor_named("boss")


def test_one_order_is_cancelled_with_a_reason_after_asking(boss):
    order = placed_sale()
    url = f"{LIST}{order.pk}/cancel/"
    assert b"Cancel this order?" in boss.get(url).content
    assert Order.objects.get().state == "placed"
    boss.post(url, {"_form_submitted": "on", "reason": "ordered twice"})
    assert Order.objects.get().state == "cancelled"
    assert order.events.get(kind="cancelled").detail == "ordered twice"
    assert boss.post(url, {"_form_submitted": "on"}).status_code == 403


def test_a_waiting_kit_gets_its_address(boss):
    order = placed_kit_order()
    url = f"{KITS}{order.pk}/give_address/"
    bad = boss.post(url, {"_form_submitted": "on", **ADDRESS, "city": "x" * 36})
    assert b"at most 35 characters" in bad.content
    boss.post(url, {"_form_submitted": "on", **ADDRESS})
    assert Order.objects.get().ships
    assert boss.get(url).status_code == 403


def test_C1_no_browser_cuts_a_line_that_is_too_long(boss):
    order = placed_kit_order()
    page = boss.get(ADD).content + boss.get(f"{KITS}{order.pk}/give_address/").content
    assert b'maxlength="35"' not in page


def test_a_dialog_is_told_to_go_back_to_the_page(boss):
    order = placed_sale()
    form = {"_form_submitted": "on"}
    url = f"{LIST}{order.pk}/cancel/"
    answer = boss.post(url, form, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"{LIST}{order.pk}/change/"


def test_orders_are_never_deleted(boss):
    order = placed_sale()
    assert b"/delete/" not in boss.get(f"{LIST}{order.pk}/change/").content
    assert boss.post(f"{LIST}{order.pk}/delete/", {"post": "yes"}).status_code == 403
    boss.post(LIST, {"action": "delete_selected", "_selected_action": [order.pk], "post": "yes"})
    assert Order.objects.exists()


def test_an_outsider_sees_and_changes_nothing():
    order, outsider = placed_sale(), signed_in()
    for url in (LIST, ADD, f"{LIST}{order.pk}/change/", f"{LIST}{order.pk}/cancel/", KITS):
        assert outsider.get(url).status_code == 403
    outsider.post(f"{LIST}{order.pk}/cancel/", {"_form_submitted": "on"})
    outsider.post(LIST, {"action": "cancel_selected", "_selected_action": [order.pk]})
    assert Order.objects.get().state == "placed"


def test_a_reader_reads_and_cancels_nothing(serum):
    order, reader = placed_order(), signed_in("view_order")
    assert reader.get(f"{LIST}{order.pk}/change/").status_code == 200
    assert reader.get(LIST).status_code == 200
    assert reader.post(ADD, typed(AddressFactory.create().customer, (serum, 1))).status_code == 403
    reader.post(f"{LIST}{order.pk}/cancel/", {"_form_submitted": "on"})
    reader.post(LIST, {"action": "cancel_selected", "_selected_action": [order.pk]})
    assert Order.objects.get().state == order.state


@pytest.mark.parametrize(
    "text", ["lovelace", "ada@example.com", "07451277972", "ADA-1", "{number}"]
)
def test_orders_are_found_by_number_and_customer(boss, text):
    ada = CustomerFactory.create(
        name="Ada Lovelace", code="ADA-1", email="ada@example.com", phone_number="+447451277972"
    )
    order, other = placed_sale(ada), placed_sale()
    page = boss.get(LIST, {"q": text.format(number=order.number)}).content.decode()
    assert f"/{order.pk}/change/" in page
    assert f"/{other.pk}/change/" not in page


@pytest.mark.parametrize(
    "query", ["state__exact=placed", "kit_type=ancestry", "o=1", "p=2", "q=%00"]
)
def test_filters_and_pages_answer(boss, query):
    placed_kit_order()
    assert boss.get(f"{LIST}?{query}").status_code in (200, 302)


@pytest.mark.parametrize("url", [LIST, KITS])
def test_an_order_that_waits_for_an_address_is_marked_so(boss, url):
    waiting, ships = placed_kit_order(), placed_kit_order()
    Order.objects.filter(pk=ships.pk).update(**ADDRESS)
    for shown in (boss.get(url), boss.get(f"{url}{waiting.pk}/change/")):
        assert shown.content.decode().count("Waiting for an address") == 1
    assert "Waiting for an address" not in boss.get(f"{url}{ships.pk}/change/").content.decode()


@pytest.mark.parametrize("url", [LIST, KITS])
def test_the_lists_statements_do_not_grow_and_count_nothing(boss, url):
    boss.get(url)  # the session is put down once
    counts = []
    boss.get(url)  # a device is written down when it is first seen
    for size in (1, 20):
        for _ in range(size):
            placed_kit_order()
        with CaptureQueriesContext(connection) as statements:
            assert boss.get(url).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert not [query for query in statements if "COUNT(" in query["sql"]]


def test_a_products_id_stays_as_it_is(boss, serum):
    url = f"/admin/orders/product/{serum.pk}/change/"
    form = {
        "item_id": "other",
        "name": "New",
        "kind": "treatment",
        "weight": 5,
        "price": "9.99",
        "currency": "GBP",
        "is_active": "on",
    }
    assert boss.post(url, form).status_code == 302
    serum.refresh_from_db()
    assert (serum.item_id, serum.name) == ("it-1", "New")


def test_a_price_finer_than_its_currency_is_refused(boss):
    form = {
        "item_id": "jp-1",
        "name": "Tea",
        "kind": "goods",
        "weight": 5,
        "price": "9.99",
        "currency": "JPY",
    }
    answer = boss.post("/admin/orders/product/add/", form)
    assert "at most 0 decimals" in answer.content.decode()


def test_only_products_on_sale_are_offered(boss, serum):
    ProductFactory.create(item_id="old", name="Serum of old", is_active=False)
    query = {"app_label": "orders", "model_name": "orderline", "field_name": "product", "term": ""}
    offered = boss.get("/admin/autocomplete/", query).json()["results"]
    assert [product["id"] for product in offered] == [str(serum.pk)]
