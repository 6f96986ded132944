"""Mailings in the admin: drafted, changed, started and stopped by who may, shown as they stand."""

import pytest
from django.test import Client

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.tests.factories import actor_named, staff
from notifications.mailings import service
from notifications.models import Mailing, MailingRecipient, Notification, OptOut

pytestmark = pytest.mark.django_db
LIST = "/admin/notifications/mailing/"
WORDS = {"channel": "sms", "template_name": "", "subject": "", "message": "Hi {user_name}"}


def in_role(role: str, username: str = "maria") -> Client:
    client = Client()
    person = staff(role, username=username)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def manager() -> Client:
    return in_role("manager")


@pytest.fixture
def mailing() -> Mailing:
    """A draft to three customers, with a text."""
    CustomerFactory.create_batch(3)
    row = service.draft(Customer.objects.all(), by="user:1 ann")
    Mailing.objects.filter(pk=row.pk).update(channel="sms", message="Hi {user_name}")
    row.refresh_from_db()
    return row


def page(mailing: Mailing, name: str = "change") -> str:
    return f"{LIST}{mailing.pk}/{name}/"


def press(client: Client, mailing: Mailing, name: str, **fields: str) -> str:
    """Send one of its dialogs; the state that follows."""
    client.post(page(mailing, name), {"_form_submitted": "on", **fields})
    mailing.refresh_from_db()
    return mailing.state


def confirmed(mailing: Mailing, count: int = 3) -> dict[str, str]:
    """What the dialog sends of somebody who read it."""
    shown = Client()
    shown.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    form = shown.get(page(mailing, "start")).context["form"]
    return {name: str(form.initial.get(name, count)) for name in form.fields}


def in_state(mailing: Mailing, state: str) -> Mailing:
    Mailing.objects.filter(pk=mailing.pk).update(state=state)
    mailing.refresh_from_db()
    return mailing


def test_the_dialog_shows_whom_it_reaches_and_the_first_message(manager, mailing):
    first = Customer.objects.earliest("pk")
    Customer.objects.filter(pk=Customer.objects.latest("pk").pk).update(phone_number="")
    shown = manager.get(page(mailing, "start")).content.decode()
    assert f"Hi {first.name}" in shown
    assert "1 SMS" in shown


def test_it_starts_with_the_number_typed_and_is_on_record(manager, mailing):
    assert press(manager, mailing, "start", **confirmed(mailing)) == "running"
    step = mailing.events.latest("id")
    assert (step.to_state, step.actor) == ("running", actor_named("maria"))


@pytest.mark.parametrize("count", ["2", "4", "0", "-3", "three", ""])
def test_another_number_starts_nothing(manager, mailing, count):
    sent = confirmed(mailing) | {"count": count}
    assert press(manager, mailing, "start", **sent) == "draft"


def test_what_could_not_be_sent_says_so_and_is_not_started(manager, mailing):
    Mailing.objects.update(message="Hi {nobody}")
    assert "nobody" in manager.get(page(mailing, "start")).content.decode()
    assert press(manager, mailing, "start", **confirmed(mailing)) == "draft"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("stop", "running", "stopped"),
        ("cancel", "stopped", "cancelled"),
        ("cancel", "draft", "cancelled"),
    ],
)
def test_it_is_stopped_and_ended_by_who_may(manager, mailing, name, before, after):
    in_state(mailing, before)
    assert press(manager, mailing, name) == after
    assert MailingRecipient.objects.exists() == (after == "stopped")
    assert mailing.events.latest("id").actor == actor_named("maria")


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("start", "running"),
        ("start", "done"),
        ("start", "cancelled"),
        ("stop", "draft"),
        ("stop", "done"),
        ("cancel", "running"),
        ("cancel", "done"),
    ],
)
def test_what_does_not_fit_its_state_is_not_done(manager, mailing, name, state):
    sent = confirmed(mailing) if name == "start" else {}
    in_state(mailing, state)
    assert press(manager, mailing, name, **sent) == state
    assert MailingRecipient.objects.count() == 3


@pytest.mark.parametrize("role", ["support", "auditor", "fulfilment", "clinician"])
def test_nobody_but_a_manager_starts_or_ends_it(mailing, role):
    client, sent = in_role(role), confirmed(mailing)
    assert press(client, mailing, "start", **sent) == "draft"
    assert press(client, mailing, "cancel") == "draft"
    assert press(client, in_state(mailing, "running"), "stop") == "running"


def test_the_words_of_a_draft_are_changed(manager, mailing):
    sent = WORDS | {"message": "Good day, {user_name}", "events-TOTAL_FORMS": "0"}
    manager.post(page(mailing), sent | {"events-INITIAL_FORMS": "0"})
    mailing.refresh_from_db()
    assert mailing.message == "Good day, {user_name}"


@pytest.mark.parametrize(
    "change",
    [
        {"message": "Hi {nobody}"},
        {"message": ""},
        {"message": "Your DNA results are here"},
        {"template_name": "nothing", "message": ""},
        {"channel": "pigeon"},
    ],
)
def test_words_that_could_not_be_sent_are_refused_when_they_are_typed(manager, mailing, change):
    sent = WORDS | change | {"events-TOTAL_FORMS": "0", "events-INITIAL_FORMS": "0"}
    answer = manager.post(page(mailing), sent)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    mailing.refresh_from_db()
    assert mailing.message == "Hi {user_name}"


@pytest.mark.parametrize("state", ["running", "stopped", "done", "cancelled"])
def test_once_it_was_started_its_words_stay(manager, mailing, state):
    in_state(mailing, state)
    sent = WORDS | {"message": "Else", "events-TOTAL_FORMS": "0", "events-INITIAL_FORMS": "0"}
    assert manager.post(page(mailing), sent).status_code == 403
    mailing.refresh_from_db()
    assert mailing.message == "Hi {user_name}"


def test_none_is_added_by_hand_or_deleted(manager, mailing):
    assert manager.get(f"{LIST}add/").status_code == 403
    assert manager.post(page(mailing, "delete"), {"post": "yes"}).status_code == 403
    assert Mailing.objects.exists()


def test_the_list_shows_how_far_each_has_come(manager, mailing):
    Mailing.objects.update(written=2, suppressed=1, state="running")
    shown = manager.get(LIST).content.decode()
    assert "2 of 3 messages made, 1 of them suppressed" in shown
    assert "being written" in shown


def test_it_is_found_by_who_made_it(manager, mailing):
    for name, found in (("ann", [mailing]), ("nobody", [])):
        assert list(manager.get(LIST, {"q": name}).context["cl"].result_list) == found


def test_a_page_that_asks_for_its_progress_is_loaded_anew_when_it_has_ended(manager, mailing):
    asks = {"HX-Trigger": "mailing-progress"}
    in_state(mailing, "running")
    assert "HX-Refresh" not in manager.get(page(mailing), headers=asks).headers
    in_state(mailing, "done")
    assert manager.get(page(mailing), headers=asks).headers["HX-Refresh"] == "true"
    assert "HX-Refresh" not in manager.get(page(mailing)).headers


def test_nobody_chosen_drafts_nothing(manager):
    CustomerFactory.create()
    form = {"action": "write_to_these", "_selected_action": [Customer.objects.get().pk]}
    Customer.objects.all().delete()
    manager.post("/admin/customers/customer/", form)
    assert not Mailing.objects.exists()


def test_who_has_opted_out_is_counted_apart_in_the_forecast(mailing):
    Customer.objects.update(phone_number="")
    for number, customer in enumerate(Customer.objects.order_by("pk")):
        Customer.objects.filter(pk=customer.pk).update(phone_number=f"+25470459034{number}")
    OptOut.objects.create(channel="sms", recipient="+254704590341")
    forecast = service.forecast(mailing)
    assert (forecast.total, forecast.reachable, forecast.opted_out) == (3, 2, 1)
    assert not Notification.objects.exists()
