"""A form of the admin acts once: clicked twice, sent by the back button, open in a second tab."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any, cast

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone

from clinical.laboratories.deciding import set_aside
from clinical.patients.merging import merge
from clinical.tests.factories import (
    PatientFactory,
    clinician,
    performed_study,
    registered_sample,
    reported_study,
    signed_study,
    study_of,
)
from clinical.tests.laboratories.messages import message, result_of
from core.admin.form_tokens import FIELD
from core.models import IdempotencyKey
from core.sweeper import sweep
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.personal_data import erasure
from identity.models import SecondFactor, User
from identity.tests.factories import staff
from kits.tests.factories import kit_in, packed_kit
from notifications.mailings import service as mailings
from notifications.models import Mailing, Notification, OptOut, Template
from notifications.policy import template_versions
from notifications.services import notify
from orders.models import Order, OrderEvent
from orders.tests.factories import KitFactory, ProductFactory, placed_kit_order, placed_order
from shipping.models import (
    ProviderProfile,
    Return,
    RoutingRule,
    ScheduleEvent,
    Shipment,
    ShipmentEvent,
)
from shipping.schedules.services import skip
from shipping.tests.exceptions.test_cases import in_state, open_case
from shipping.tests.factories import monthly_schedule, queued_shipment
from tests.statements import written_tables
from transfers.exports.lists import ListOf
from transfers.exports.services import ask_for
from transfers.tests.factories import checked, csv_of

pytestmark = pytest.mark.django_db
OF_NO_INTEREST = {"django_session", "core_idempotencykey", "identity_accessrecord"}
OF_NO_INTEREST |= {"identity_opensession"}


class _Fields(HTMLParser):
    """What a browser would send of a page's forms, before anybody types."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        is_sent = given.get("type") not in ("submit", "button", "file", "checkbox", "radio")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given.get("value") or ""
        elif tag in ("input", "textarea") and name and is_sent:
            self.fields[name] = given.get("value") or ""


def drawn(client: Client, path: str, answer: Any = None) -> dict[str, Any]:
    """The fields of the forms on a page, as it was drawn."""
    answer = answer or client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.headers)
    page = _Fields()
    page.feed(answer.content.decode())
    assert page.fields.get(FIELD), f"{path}: the form has no token"
    return page.fields


def send(client: Client, path: str, fields: dict[str, Any], **typed: Any) -> tuple[Any, list[str]]:
    """The answer to a form, and the tables that were written to on the way."""
    written: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        written.extend(written_tables(sql))
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        answer = client.post(path, {**fields, **typed})
    return answer, [table for table in written if table not in OF_NO_INTEREST]


def texts(client: Client, answer: Any) -> str:
    """What is said on the page that an answer leads to."""
    where = answer.headers.get("HX-Redirect") or answer.headers.get("Location")
    assert where, (answer.status_code, answer.content[:500])
    return client.get(where, follow=True).content.decode()


def _return(state: str) -> str:
    parcel = queued_shipment(state="delivered")
    row = Return.objects.create(
        shipment=parcel, reference=f"{parcel.reference}-r1", provider="reference", state=state
    )
    return f"shipping/return/{row.pk}"


def _skipped() -> str:
    schedule = monthly_schedule()
    skip(schedule, by="user:x")
    return f"shipping/schedule/{schedule.pk}"


def _mailing(state: str) -> str:
    CustomerFactory.create()
    row = mailings.draft(Customer.objects.all(), by="user:x")
    Mailing.objects.filter(pk=row.pk).update(state=state, message="Hello")
    return f"notifications/mailing/{row.pk}"


def _rule(**changes: Any) -> str:
    row = RoutingRule.objects.create(name="r", provider="reference", priority=1, **changes)
    return f"shipping/routingrule/{row.pk}"


def _failed() -> str:
    row = notify(CustomerFactory.create(), message="Hello", channel="sms")
    Notification.objects.filter(pk=row.pk).update(state="failed")
    return f"notifications/notification/{row.pk}"


def _second_factor() -> str:
    person = staff("support")
    SecondFactor.objects.create(user=person, secret="MFRGGZDFMZTWQ2LK", confirmed_at=timezone.now())
    return f"identity/user/{person.pk}"


def _export() -> str:
    of = ListOf("orders.order", "", User.objects.get(username="admin"))
    return f"transfers/export/{ask_for(of, format='csv', reason='x').pk}"


def _import() -> str:
    admin = User.objects.get(username="admin")
    data = csv_of(["name", "phone_number", "email"], ["Ada", "", ""])
    return f"transfers/import/{checked(data, by=admin).pk}"


def _waiting() -> str:
    return f"orders/order/{placed_kit_order(customer=CustomerFactory.create()).pk}"


def _erasure() -> str:
    row = erasure.request(
        "customer", CustomerFactory.create().pk, by=staff("manager"), reason="asked for it"
    )
    return f"desk/erasure/{row.pk}"


def _merged() -> str:
    merged = PatientFactory.create()
    merge(PatientFactory.create(), merged, take=[], by="user:x", reason="entered twice")
    return f"clinical/patient/{merged.pk}"


def _result(state: str) -> str:
    sample = registered_sample()
    name = sample.person if state == "held" else "Anna Ruiz"
    row = result_of(message(sample={"name": name}))
    if state == "set-aside":
        set_aside(row, number=1, by="user:x", reason="nobody's")
    return f"clinical/labresult/{row.pk}"


WHY = {"reason": "they asked for it"}
HOME = {"recipient": "Jane", "line_1": "1 Old Street", "city": "London"}
HOME |= {"postcode": "W2 6NB", "country": "GB"}


def _invited() -> str:
    person = staff("support")
    person.set_unusable_password()
    person.save()
    return f"identity/user/{person.pk}"


# Every dialog: what it is tried on, and what is typed.
DIALOGS: dict[str, tuple[Callable[[], str], dict[str, Any]]] = {
    "clinical.labresult acknowledge": (lambda: _result("held"), WHY),
    "clinical.labresult attach": (lambda: _result("unmatched"), {"serial": "K1", **WHY}),
    "clinical.labresult detach": (lambda: _result("held"), WHY),
    "clinical.labresult reopen": (lambda: _result("set-aside"), WHY),
    "clinical.labresult set_aside": (lambda: _result("unmatched"), WHY),
    "clinical.sample destroy": (lambda: f"clinical/sample/{registered_sample().pk}", WHY),
    "clinical.sample withdraw": (lambda: f"clinical/sample/{registered_sample().pk}", WHY),
    "clinical.patient archive": (lambda: f"clinical/patient/{PatientFactory.create().pk}", {}),
    "clinical.patient unmerge": (_merged, WHY),
    "desk.erasure confirm": (_erasure, {}),
    "desk.erasure withdraw": (_erasure, {}),
    "clinical.patient restore": (
        lambda: f"clinical/patient/{PatientFactory.create(archived_at=timezone.now()).pk}",
        {},
    ),
    "clinical.study take": (lambda: f"clinical/study/{performed_study().pk}", {}),
    "clinical.study release": (
        lambda: f"clinical/study/{performed_study(reader=clinician()).pk}",
        {},
    ),
    "clinical.study perform": (lambda: f"clinical/study/{study_of().pk}", {}),
    "clinical.study write_report": (
        lambda: f"clinical/study/{performed_study().pk}",
        {"text": "x"},
    ),
    "clinical.study sign": (lambda: f"clinical/study/{reported_study().pk}", {"number": 1}),
    "clinical.study amend": (
        lambda: f"clinical/study/{signed_study().pk}",
        {"text": "Fracture.", **WHY},
    ),
    "clinical.study cancel": (lambda: f"clinical/study/{study_of().pk}", WHY),
    "clinical.study enter_one_in_error": (lambda: f"clinical/study/{signed_study().pk}", WHY),
    "orders.order cancel": (lambda: f"orders/order/{placed_order().pk}", WHY),
    "orders.order give_address": (_waiting, HOME),
    "orders.dnakitorder cancel": (lambda: f"orders/dnakitorder/{placed_kit_order().pk}", WHY),
    "orders.dnakitorder give_address": (lambda: _waiting().replace("/order", "/dnakitorder"), HOME),
    "shipping.providerprofile test_connection": (
        lambda: f"shipping/providerprofile/{ProviderProfile.ensured('console').pk}",
        {},
    ),
    "identity.user invite": (_invited, {}),
    "identity.user reset_second_factor": (_second_factor, {}),
    "identity.user sign_out": (lambda: f"identity/user/{staff('support').pk}", {}),
    "kits.kit destroy": (lambda: f"kits/kit/{packed_kit().pk}", WHY),
    "kits.kit give_up": (lambda: f"kits/kit/{packed_kit().pk}", WHY),
    "kits.kit replace": (lambda: f"kits/kit/{kit_in('rejected', reason='QS').pk}", {}),
    "kits.kit resume": (lambda: f"kits/kit/{kit_in('rejected', reason='RD').pk}", WHY),
    "kits.kit unpack": (lambda: f"kits/kit/{packed_kit().pk}", WHY),
    "shipping.shipment retry": (
        lambda: f"shipping/shipment/{queued_shipment(state='rejected').pk}",
        WHY,
    ),
    "shipping.shipment send_by": (
        lambda: f"shipping/shipment/{queued_shipment().pk}",
        {"provider": "console", **WHY},
    ),
    "shipping.shipment cancel": (lambda: f"shipping/shipment/{queued_shipment().pk}", WHY),
    "shipping.shipment resend": (
        lambda: f"shipping/shipment/{queued_shipment(state='failed-to-deliver').pk}",
        WHY,
    ),
    "shipping.shipment take_back": (
        lambda: f"shipping/shipment/{queued_shipment(state='delivered').pk}",
        WHY,
    ),
    "shipping.return receive": (lambda: _return("in-transit"), WHY),
    "shipping.return send_label": (lambda: _return("requested"), {}),
    "shipping.return refuse": (lambda: _return("in-transit"), WHY),
    "shipping.return close": (lambda: _return("requested"), WHY),
    "shipping.routingrule activate": (lambda: _rule(is_active=False), {}),
    "shipping.routingrule deactivate": (lambda: _rule(is_active=True), {}),
    "shipping.schedule pause": (lambda: f"shipping/schedule/{monthly_schedule().pk}", {}),
    "shipping.schedule resume": (
        lambda: f"shipping/schedule/{monthly_schedule(state='paused').pk}",
        {},
    ),
    "shipping.schedule skip": (lambda: f"shipping/schedule/{monthly_schedule().pk}", {}),
    "shipping.schedule unskip": (_skipped, {}),
    "shipping.schedule change_dates": (
        lambda: f"shipping/schedule/{monthly_schedule().pk}",
        {"catch_up": "none"},
    ),
    "shipping.schedule cancel": (lambda: f"shipping/schedule/{monthly_schedule().pk}", WHY),
    "notifications.mailing start": (lambda: _mailing("draft"), {"count": 1}),
    "notifications.mailing stop": (lambda: _mailing("running"), {}),
    "notifications.mailing go_on": (lambda: _mailing("stopped"), {}),
    "notifications.mailing cancel": (lambda: _mailing("draft"), {}),
    "notifications.notification send_again": (_failed, WHY),
    "transfers.export cancel": (_export, {}),
    "transfers.import apply": (_import, {}),
    "transfers.import cancel": (_import, {}),
}


@pytest.fixture
def admin_client(admin_client: Client, admin_user: User) -> Client:
    """A superuser who treats patients, and so is not asked why (clinical/tests tries that)."""
    admin_user.groups.add(Group.objects.get(name="clinician"))
    return admin_client


def dialogs() -> list[str]:
    """Every dialog of the admin, from its registry."""
    return sorted(
        f"{model._meta.label_lower} {name}"
        for model, page in cast("dict[Any, Any]", admin.site._registry).items()
        for name in page._extract_action_names(getattr(page, "actions_detail", ()))
        if getattr(getattr(page, name), "dialog", None)
    )


def _address(name: str) -> tuple[str, dict[str, Any]]:
    assert name in DIALOGS, f"{name}: say in DIALOGS what it is tried on"
    make, typed = DIALOGS[name]
    action = name.split()[1]
    path = getattr(getattr(_page_of(name), action), "url_path", action)
    return f"/admin/{make()}/{path}/", typed


def _page_of(name: str) -> Any:
    label = name.split()[0]
    return next(p for m, p in admin.site._registry.items() if m._meta.label_lower == label)


@pytest.mark.parametrize("name", dialogs())
def test_a_dialog_that_is_sent_twice_acts_once_and_says_so(admin_client, name):
    path, typed = _address(name)
    fields = drawn(admin_client, path)
    first, written = send(admin_client, path, fields, **typed)
    assert written, (name, first.content.decode()[-3000:])
    again, twice = send(admin_client, path, fields, **typed)
    assert not twice, f"{name}: the second time {twice} changed"
    assert "sent before" in texts(admin_client, again)


# They change nothing of their row: an old tab asks a provider, or invites somebody, once more.
ASKS_ONLY = {"identity.user invite", "shipping.providerprofile test_connection"}


@pytest.mark.parametrize("name", sorted({*dialogs()} - ASKS_ONLY))
def test_a_dialog_of_an_old_tab_does_nothing_once_it_was_done_in_another(admin_client, name):
    path, typed = _address(name)
    old, other = drawn(admin_client, path), drawn(admin_client, path)
    assert old[FIELD] != other[FIELD]
    assert send(admin_client, path, other, **typed)[1]
    again, written = send(admin_client, path, old, **typed)
    assert not written, f"{name}: the old tab changed {written}"
    assert "after this page was opened" in texts(admin_client, again)


@pytest.mark.parametrize("name", dialogs())
def test_a_dialog_that_lacks_something_may_be_sent_again(admin_client, name):
    """What comes back with an error has done nothing: its token is still good."""
    path, typed = _address(name)
    if not typed or name.startswith("shipping.schedule"):
        return
    fields = drawn(admin_client, path)
    refused = admin_client.post(path, {**fields, **dict.fromkeys(typed, "x" * 25_000)})
    assert refused.status_code == 200
    assert send(admin_client, path, fields, **typed)[1]


# --- New rows -------------------------------------------------------------------------------------


def _order() -> dict[str, Any]:
    product = ProductFactory.create(item_id="it-1")
    home = AddressFactory.create()
    return {
        "customer": home.customer_id,
        "delivery_service": "standard",
        "shipping_interval": "none",
        "lines-TOTAL_FORMS": 1,
        "lines-0-product": product.pk,
        "lines-0-quantity": 1,
    }


def _kit() -> dict[str, Any]:
    kit = KitFactory.create(item_id="ancestry")
    return {"customer": AddressFactory.create().customer_id, "kit": kit.pk}


NEW: dict[str, tuple[type[Any], Callable[[], dict[str, Any]]]] = {
    "orders/order/add/": (Order, _order),
    "orders/dnakitorder/add/": (Order, _kit),
    "customers/customer/add/": (Customer, lambda: {"name": "Ada"}),
    "notifications/optout/add/": (
        OptOut,
        lambda: {"channel": "email", "recipient": "a@example.com", "reason": "asked"},
    ),
}


@pytest.mark.parametrize("page", NEW)
def test_what_is_new_is_made_once_by_one_form(admin_client, page):
    model, make = NEW[page]
    typed, path = make(), f"/admin/{page}"
    fields = drawn(admin_client, path)
    before = model.objects.count()
    first, _ = send(admin_client, path, fields, **typed)
    assert model.objects.count() == before + 1, first.content.decode()[-3000:]
    again, written = send(admin_client, path, fields, **typed)
    assert not written
    assert model.objects.count() == before + 1
    assert "sent before" in texts(admin_client, again)
    assert "after this page" not in texts(admin_client, again)


def test_two_forms_make_two(admin_client):
    path, typed = "/admin/orders/order/add/", _order()
    for _ in range(2):
        send(admin_client, path, drawn(admin_client, path), **typed)
    assert Order.objects.count() == 2


def test_a_message_to_a_customer_is_written_once_whatever_became_of_the_customer(admin_client):
    customer = CustomerFactory.create(phone_number="+254704590344")
    path = f"/admin/customers/customer/{customer.pk}/write-a-message/"
    typed = {"channel": "sms", "message": "Hello", "do": "send"}
    fields = drawn(admin_client, path)
    Customer.objects.filter(pk=customer.pk).update(name="New Name")
    for _ in range(2):
        send(admin_client, path, fields, **typed)
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one(delivered):
    person = staff("manager")
    typed, path = _order(), "/admin/orders/order/add/"
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    fields = {**drawn(browser, path), **typed}

    def click(_: int) -> int:
        try:
            other = Client()
            other.cookies = browser.cookies
            return other.post(path, fields).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(click, range(8))) == {302}
    assert Order.objects.count() == 1


# --- Lists, pages of cases and versions -----------------------------------------------------------


LISTS: dict[str, tuple[Callable[[], str], dict[str, Any], Callable[[], int]]] = {
    "retry_selected": (
        lambda: f"shipping/shipment/{queued_shipment(state='rejected').pk}",
        {"confirmed": "yes", **WHY},
        lambda: ShipmentEvent.objects.filter(kind="retried").count(),
    ),
    "cancel_selected": (
        lambda: f"orders/order/{placed_order().pk}",
        {"confirmed": "yes"},
        lambda: OrderEvent.objects.filter(kind="cancelled").count(),
    ),
    "send_selected_again": (
        _failed,
        {"confirmed": "yes", **WHY},
        lambda: Notification.objects.filter(state="queued").count(),
    ),
}


@pytest.mark.parametrize("action", LISTS)
def test_a_list_that_is_sent_twice_acts_once(admin_client, action):
    make, typed, count = LISTS[action]
    app, model, key = make().split("/")
    path = f"/admin/{app}/{model}/"
    fields = {**drawn(admin_client, path), "action": action, "_selected_action": [key], **typed}
    send(admin_client, path, fields)
    done = count()
    again, written = send(admin_client, path, fields)
    assert done == count() == 1
    assert not written
    assert "sent before" in texts(admin_client, again)


def test_an_old_list_does_nothing_to_what_was_changed_in_another_tab(admin_client):
    """A parcel that was sent again, and failed again: the old page knows nothing of it."""
    shipment = queued_shipment(state="rejected")
    path = "/admin/shipping/shipment/"
    old = drawn(admin_client, path)
    dialog = f"{path}{shipment.pk}/retry/"
    assert send(admin_client, dialog, drawn(admin_client, dialog), **WHY)[1]
    Shipment.objects.filter(pk=shipment.pk).update(state="rejected")
    typed = {"action": "retry_selected", "_selected_action": [shipment.pk], **WHY}
    again, written = send(admin_client, path, old, **typed, confirmed="yes")
    assert not written
    assert "after this page was opened" in texts(admin_client, again)


def test_a_confirmation_of_skips_acts_once_and_not_from_an_old_tab(admin_client):
    schedule, path = monthly_schedule(), "/admin/shipping/schedule/"
    asked = {"action": "skip_selected", "_selected_action": [schedule.pk]}
    tabs = [
        drawn(admin_client, path, admin_client.post(path, {**drawn(admin_client, path), **asked}))
        for _ in range(2)
    ]
    send(admin_client, path, tabs[0])
    for tab in tabs:
        assert not send(admin_client, path, tab)[1]
    assert ScheduleEvent.objects.filter(kind="skipped").count() == 1


def test_an_action_on_an_exception_is_done_once(admin_client):
    case = open_case(in_state("rejected"))
    path = f"/admin/core/case/{case.pk}/cancel/"
    tabs = [drawn(admin_client, path) for _ in range(2)]
    assert send(admin_client, path, tabs[0], **WHY)[1]
    for tab, said in zip(tabs, ("sent before", "after this page was opened"), strict=True):
        again, written = send(admin_client, path, tab, **WHY)
        assert not written
        assert said in texts(admin_client, again)


def test_a_mailing_is_drafted_once_from_one_list(admin_client):
    customer, path = CustomerFactory.create(), "/admin/customers/customer/"
    chosen = {"action": "write_to_these", "_selected_action": [customer.pk]}
    fields = drawn(admin_client, path)
    Customer.objects.filter(pk=customer.pk).update(name="New Name")
    for _ in range(2):
        send(admin_client, path, fields, **chosen)
    assert Mailing.objects.count() == 1


def test_a_version_is_not_made_current_from_a_page_that_is_old(admin_client):
    template = Template.objects.exclude(body="")[0]
    for body in ("First {order_number}", "Second {order_number}"):
        template.body = body
        template_versions.save(template, by="user:x")
    versions = list(template.versions.order_by("pk"))
    path = f"/admin/notifications/template/{template.pk}/versions/"
    tabs = [drawn(admin_client, path) for _ in range(2)]
    assert send(admin_client, path, tabs[0], version=versions[0].pk)[1]
    for tab in tabs:
        assert not send(admin_client, path, tab, version=versions[-2].pk)[1]


# --- The token ------------------------------------------------------------------------------------


def test_a_token_is_good_for_its_page_and_its_person_alone(admin_client, client):
    """Another's is as none at all: the form acts, and by its own rules."""
    path, typed = "/admin/customers/customer/add/", {"name": "Ada"}
    fields = drawn(admin_client, path)
    client.force_login(staff("manager"), backend="django.contrib.auth.backends.ModelBackend")
    for _ in range(2):
        client.post(path, {**drawn(client, path), **typed, FIELD: fields[FIELD]})
    assert Customer.objects.count() == 2
    send(admin_client, path, fields, **typed)
    assert Customer.objects.count() == 3


@pytest.mark.parametrize("token", ["", "x", "x:y:z", "\x00", "é" * 5000])
def test_a_garbled_token_is_as_none(admin_client, token):
    path = "/admin/customers/customer/add/"
    fields = {**drawn(admin_client, path), "name": "Ada", FIELD: token}
    assert admin_client.post(path, fields).status_code == 302


def test_a_page_of_the_day_before_yesterday_does_nothing(admin_client):
    path = f"/admin/orders/order/{placed_order().pk}/cancel/"
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as clock:
        fields = drawn(admin_client, path)
        clock.shift(24 * 3600 + 1)
        admin_client.logout()
        admin_client.force_login(User.objects.get(username="admin"))
        answer, written = send(admin_client, path, fields, **WHY)
        assert not written
        assert "more than a day ago" in texts(admin_client, answer)


def test_what_was_sent_is_forgotten_after_a_day(admin_client):
    path = "/admin/customers/customer/add/"
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as clock:
        send(admin_client, path, drawn(admin_client, path), name="Ada")
        assert IdempotencyKey.objects.count() == 1
        clock.shift(24 * 3600 + 1)
        assert sweep()["idempotency keys forgotten"] == 1


def test_outside_of_the_admin_forms_have_no_such_token(client):
    assert FIELD not in client.get("/admin/login/").content.decode()
