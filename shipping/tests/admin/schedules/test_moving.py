"""A customer's new address asks about the subscriptions that still go to the old one (F25)."""

from typing import Any

import pytest
import time_machine

from customers.models import Address
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import actor_named
from orders.changes import Wanted
from orders.models import Order
from orders.tests.factories import ADDRESS, placed_order
from shipping.models import Schedule
from shipping.schedules import next_dates
from shipping.schedules import services as schedules
from shipping.staff_actions import order_changes
from shipping.tests.admin.test_shipments import page, signed_in

MOVED = ADDRESS | {"line_1": "99 Moved Street"}


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel("2026-01-31 12:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def home() -> Address:
    """The default address of a customer with two subscriptions there, one of them ended."""
    home: Address = AddressFactory.create(customer=CustomerFactory.create(), is_default=True)
    Address.objects.filter(pk=home.pk).update(**ADDRESS)
    for _ in range(2):
        placed_order(home.customer, interval="weekly")
    schedules.cancel(Schedule.objects.latest("id"), by="user:test")
    placed_order(home.customer)
    placed_order(CustomerFactory.create(), interval="weekly")
    home.refresh_from_db()
    return home


def running(home: Address) -> Schedule:
    return Schedule.objects.get(order__customer=home.customer_id, state="active")


def book(home: Address) -> str:
    return f"/api/v1/customers/{home.customer_id}/addresses/"


def test_the_answer_names_the_running_schedules_that_use_what_it_was(api, home):
    changed = api().patch(f"{book(home)}{home.pk}/", {"line_1": "99 Moved Street"}, format="json")
    assert changed.json()["used_by_schedules"] == [running(home).pk]
    again = api().patch(f"{book(home)}{home.pk}/", {"line_1": "99 Moved Street"}, format="json")
    assert again.json()["used_by_schedules"] == []
    assert running(home).order.line_1 == ADDRESS["line_1"]


def test_a_new_default_names_those_that_go_to_the_old_one(api, home):
    added = api().post(book(home), MOVED | {"is_default": True}, format="json").json()
    assert added["used_by_schedules"] == [running(home).pk]
    beside = api().post(book(home), MOVED | {"line_1": "Work"}, format="json").json()
    assert beside["used_by_schedules"] == []
    url = f"{book(home)}{home.pk}/"
    back = api().patch(url, {"is_default": True}, format="json").json()
    assert back["used_by_schedules"] == [], "nothing goes to the one that was the default"


@pytest.mark.parametrize(
    "spelled",
    [
        {"recipient": "Ama Òwusu-Smith"},
        {"line_1": "10 HIGH  STREET", "city": "LÖNDON", "postcode": "EC1A1BB"},
        {"line_1": "Flat 2", "line_2": "O’Brien’s Court, St. Mary-le-Bow"},
        {"line_1": "flat 2 OBriens Court", "line_2": "st mary le bow"},
    ],
)
def test_a_subscription_to_the_same_place_spelled_otherwise_is_named(api, home, spelled):
    """The recipient's name, case, accents, apostrophes and points say nothing of where it is."""
    where = ADDRESS | {"postcode": "EC1A 1BB", "line_1": "10 High Street"}
    if "line_2" in spelled:
        where |= {"line_1": "Flat 2, O'Brien's Court", "line_2": "St Mary-le-Bow"}
    Address.objects.filter(pk=home.pk).update(**where)
    Order.objects.filter(schedule=running(home)).update(**(where | spelled))
    url = f"{book(home)}{home.pk}/"
    changed = api().patch(url, {"line_1": "99 Moved Street", "line_2": ""}, format="json").json()
    assert changed["used_by_schedules"] == [running(home).pk]


def test_what_goes_to_the_new_lines_already_is_not_asked_about(api, home):
    Order.objects.filter(schedule=running(home)).update(recipient="Ama Owusu-Smith")
    new = {"recipient": "Ama Owusu-Smith"}
    changed = api().patch(f"{book(home)}{home.pk}/", new, format="json").json()
    assert changed["used_by_schedules"] == []


def test_another_place_of_the_same_recipient_is_not_named(api, home):
    for other in ({"line_1": "11 Elsewhere"}, {"postcode": "EC1A 1BA"}, {"city": "Elsewhere"}):
        Order.objects.filter(schedule=running(home)).update(**(ADDRESS | other))
        added = api().post(book(home), MOVED | {"is_default": True}, format="json").json()
        assert added["used_by_schedules"] == []
        Address.objects.exclude(pk=home.pk).delete()
        Address.objects.filter(pk=home.pk).update(is_default=True)


def test_each_address_is_offered_with_all_of_its_lines(home):
    """Two of one recipient in one city look alike by those two."""
    AddressFactory.create(customer=home.customer, is_default=False, **MOVED)
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    offered = [
        str(label)
        for _, label in signed_in("support").get(url).context["form"]["address"].field.choices
    ]
    lines = [", ".join(filter(None, each.values())) for each in (ADDRESS, MOVED)]
    assert sorted(offered) == sorted(["A new address: type it below", *lines])


def test_a_title_is_escaped_once(home):
    home.customer.name = "Zoë O'Hara & Sons"
    home.customer.save()
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    shown = page(signed_in("support"), url)
    assert "Where Zoë O&#x27;Hara &amp; Sons&#x27;s parcels go" in shown
    assert "&amp;amp;" not in shown
    assert "&amp;#x27;" not in shown


def test_who_may_not_read_schedules_is_named_none(api, home):
    client = api("customers:read", "customers:write")
    changed = client.patch(f"{book(home)}{home.pk}/", {"line_1": "99"}, format="json")
    assert (changed.status_code, changed.json()["used_by_schedules"]) == (200, [])


def customer_page(client: Any, home: Address) -> dict[str, Any]:
    """What the customer's page sends as it stands."""
    shown = client.get(f"/admin/customers/customer/{home.customer_id}/change/").context
    forms = [shown["adminform"].form]
    data: dict[str, Any] = {}
    for formset in (each.formset for each in shown["inline_admin_formsets"]):
        forms += [formset.management_form, *formset.forms]
    for form in forms:
        data |= {form.add_prefix(name): form[name].value() for name in form.fields}
    return {name: value for name, value in data.items() if value is not None and value is not False}


def saved(client: Any, home: Address, **typed: Any) -> Any:
    data = customer_page(client, home) | {f"addresses-0-{n}": v for n, v in typed.items()}
    return client.post(f"/admin/customers/customer/{home.customer_id}/change/", data)


def test_saving_a_changed_address_leads_to_the_question(home):
    support = signed_in("support")
    leads = saved(support, home, line_1="99 Moved Street")
    schedule = running(home)
    assert leads.url.endswith(f"/move-subscriptions/?schedules={schedule.pk}&address={home.pk}")
    form = support.get(leads.url).context["form"]
    assert form["schedules"].value() == [schedule.pk]
    assert schedule.shipments.get().reference in form.fields["include_unsent"].help_text


def test_saving_anything_else_asks_nothing(home):
    assert saved(signed_in("support"), home).url == "/admin/customers/customer/"


def test_those_that_are_ticked_go_there_once_it_was_seen(home):
    support, schedule = signed_in("support"), running(home)
    Address.objects.filter(pk=home.pk).update(line_1="99 Moved Street")
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    data = {"address": home.pk, "schedules": [schedule.pk], "include_unsent": "on"}
    shown = support.post(url, data | {"do": "change"})
    assert "Nothing is done yet" in shown.content.decode()
    assert "99 Moved Street" in shown.content.decode()
    assert Order.objects.get(schedule=schedule).line_1 == ADDRESS["line_1"]
    data["seen"] = shown.context["form"].data["seen"]
    assert support.post(url, data | {"do": "change"}).status_code == 302
    assert Order.objects.get(schedule=schedule).line_1 == "99 Moved Street"
    assert schedule.shipments.get().line_1 == "99 Moved Street"
    assert schedule.events.latest("id").actor == actor_named("support1")
    assert Order.objects.filter(line_1="99 Moved Street").count() == 1


@pytest.mark.parametrize(
    "query", ["?schedules=x,99999999999999999999&address=x", "?schedules=&address=0", ""]
)
def test_an_address_that_makes_no_sense_ticks_nothing(home, query):
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/{query}"
    assert "s parcels go" in page(signed_in("support"), url)


def test_a_subscription_or_an_address_of_somebody_else_is_refused(home):
    theirs = AddressFactory.create()
    other = Schedule.objects.exclude(order__customer=home.customer_id).get()
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    support = signed_in("support")
    for data in (
        {"address": theirs.pk, "schedules": [running(home).pk]},
        {"address": home.pk, "schedules": [other.pk]},
    ):
        assert "Select a valid choice" in support.post(url, data).content.decode()


def test_the_page_says_what_it_is_for_and_its_boxes_stand_below_their_label(home):
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    support = signed_in("support")
    shown = page(support, url)
    assert "keep the address that they were placed with" in shown
    assert shown.index("Which of these subscriptions go there") < shown.index('name="schedules"')
    running(home).shipments.update(state="sent")
    assert "There are none now." in page(support, url)


def test_the_history_speaks_of_waiting_parcels_only_where_there_were_some(home):
    schedule = running(home)
    parcel = schedule.shipments.get()
    for line, waits in (("1 First Street", True), ("2 Second Street", False)):
        order_changes.amend(
            schedule, Wanted({**ADDRESS, "line_1": line}, include_unsent=True), by="t"
        )
        schedule = running(home)
        assert schedule.order.events.latest("id").detail == "changed: line_1"
        told = schedule.events.latest("id").detail
        rest = f"; and of parcels not handed over yet: {parcel.reference}" if waits else ""
        assert told == f"changed: line_1{rest}"
        schedule.shipments.update(state="sent")


def test_the_schedules_page_shows_what_it_sends_and_where(home):
    schedule = running(home)
    shown = page(signed_in("support"), f"/admin/shipping/schedule/{schedule.pk}/change/")
    line = schedule.order.lines.get()
    assert f"{line.quantity} × {line.name}" in shown
    assert ", ".join(filter(None, ADDRESS.values())) in shown
    assert schedule.order.get_delivery_service_display() in shown
    assert f"/admin/orders/order/{schedule.order_id}/change/" in shown


def test_histories_are_in_words(home):
    schedule = running(home)
    schedules.skip(schedule, by="user:1 ann")
    schedule.refresh_from_db()
    schedules.unskip(schedule, by="user:1 ann", occurrence=max(next_dates.skipped(schedule)))
    shown = page(signed_in("support"), f"/admin/shipping/schedule/{schedule.pk}/change/")
    assert "skip taken back" in shown
    assert "unskipped" not in shown


def move(client: Any, home: Address, **typed: Any) -> Any:
    """The answer to the button under the preview of what was typed; and that preview."""
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    shown = client.post(url, typed | {"do": "preview"})
    seen = shown.context["form"].data.get("seen", "")
    return client.post(url, typed | {"do": "change", "seen": seen}), shown


def test_a_new_address_is_typed_here_and_all_of_it_is_done_at_once(home):
    support, schedule = signed_in("support"), running(home)
    once = Order.objects.get(customer=home.customer_id, shipping_interval="none")
    new = MOVED | {"country": "United Kingdom", "postcode": "w26nb", "is_default": "on"}
    ticked = {"schedules": [schedule.pk], "orders": [once.pk], "include_unsent": "on"}
    done, shown = move(support, home, **new, **ticked)
    assert "It becomes the default" in shown.content.decode()
    assert done.status_code == 302
    default = Address.objects.get(customer=home.customer_id, is_default=True)
    assert (default.line_1, default.country, default.postcode) == (
        "99 Moved Street",
        "GB",
        "W2 6NB",
    )
    for parcel in [schedule.shipments.get(), once.shipments.get()]:
        assert parcel.address() == default.address()
    assert Order.objects.filter(line_1="99 Moved Street").count() == 2


def test_when_one_is_refused_nothing_is_done(home):
    support, schedule = signed_in("support"), running(home)
    once = Order.objects.get(customer=home.customer_id, shipping_interval="none")
    new = MOVED | {"is_default": "on", "schedules": [schedule.pk], "orders": [once.pk]}
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    seen = support.post(url, new).context["form"].data["seen"]
    Order.objects.filter(pk=once.pk).update(state="cancelled")
    refused = support.post(url, new | {"do": "change", "seen": seen})
    assert refused.status_code == 200
    assert Address.objects.filter(customer=home.customer_id).count() == 1
    assert not Order.objects.filter(line_1="99 Moved Street").exists()


def test_an_address_that_no_carrier_takes_is_refused_at_its_lines(home):
    support = signed_in("support")
    _, shown = move(support, home, **MOVED | {"postcode": "ZZZ"})
    assert "Write it like" in shown.content.decode()
    assert Address.objects.filter(customer=home.customer_id).count() == 1
    _, shown = move(support, home, **MOVED | {"country": "Ruritania"})
    assert "is not a country" in shown.content.decode()


def test_what_goes_to_the_default_address_is_ticked_at_first(home):
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    form = signed_in("support").get(url).context["form"]
    assert form["schedules"].value() == [running(home).pk]
    assert form["recipient"].value() == ADDRESS["recipient"]


def test_who_may_add_no_address_chooses_among_those_that_are_known(home):
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    fulfilment = signed_in("fulfilment")
    form = fulfilment.get(url).context["form"]
    assert "line_1" not in form.fields
    refused = fulfilment.post(url, MOVED | {"schedules": [running(home).pk]})
    assert refused.context["form"].errors["address"]


def test_who_may_not_change_schedules_is_not_asked(home):
    url = f"/admin/customers/customer/{home.customer_id}/move-subscriptions/"
    assert signed_in("auditor").get(url).status_code == 403
