"""What staff decide in the admin: switches, limits, opt-outs, and the record of them."""

import pytest
from django.test import Client
from django.utils import timezone

from customers.tests.factories import CustomerFactory
from identity.tests.factories import actor_named, staff
from notifications.models import Consent, Limits, OptOut, Topic
from notifications.services import notify

pytestmark = pytest.mark.django_db
ADMIN = "/admin/notifications/"
NUMBER = "+254704590344"


def in_role(role: str, username: str = "maria") -> Client:
    client = Client()
    person = staff(role, username=username)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def manager() -> Client:
    return in_role("manager")


def opt_out(client: Client, recipient: str = NUMBER, channel: str = "sms") -> int:
    form = {"channel": channel, "recipient": recipient, "reason": "by telephone"}
    return client.post(f"{ADMIN}optout/add/", form).status_code


def test_an_event_is_switched_off_and_on_and_stays_what_it_is(manager):
    row = Topic.objects.get(occasion="order-placed")
    page = f"{ADMIN}topic/{row.pk}/change/"
    assert manager.post(page, {"critical": "on", "occasion": "mailing"}).status_code == 302
    row.refresh_from_db()
    assert (row.is_on, row.critical, row.occasion) == (False, True, "order-placed")
    manager.post(page, {"is_on": "on"})
    row.refresh_from_db()
    assert (row.is_on, row.critical) == (True, False)


def test_no_event_is_added_or_deleted(manager):
    row = Topic.objects.get(occasion="order-placed")
    assert manager.get(f"{ADMIN}topic/add/").status_code == 403
    assert manager.post(f"{ADMIN}topic/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Topic.objects.filter(pk=row.pk).exists()


def test_the_limits_are_one_row_that_is_there_when_it_is_looked_for(manager):
    Limits.objects.all().delete()
    answer = manager.get(f"{ADMIN}limits/")
    assert answer.headers["Location"] == f"{ADMIN}limits/1/change/"
    assert manager.get(f"{ADMIN}limits/").status_code == 302
    assert Limits.objects.count() == 1
    assert manager.get(f"{ADMIN}limits/add/").status_code == 403
    assert manager.post(f"{ADMIN}limits/1/delete/", {"post": "yes"}).status_code == 403


def test_who_may_not_see_limits_makes_no_row_of_them():
    Limits.objects.all().delete()
    assert in_role("clinician").get(f"{ADMIN}limits/").status_code == 403
    assert not Limits.objects.exists()


def test_half_of_the_quiet_hours_is_refused_where_it_is_typed(manager):
    manager.get(f"{ADMIN}limits/")
    form = {"quiet_from": "22:00", "messages_per_day": 0, "duplicate_minutes": 0}
    answer = manager.post(f"{ADMIN}limits/1/change/", form | {"digest_minutes": 0})
    assert answer.status_code == 200
    assert "Give both hours, or neither." in answer.content.decode()
    assert Limits.objects.get().quiet_from is None


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_may_only_look_changes_neither_switch_nor_limit(role):
    client, row = in_role(role), Topic.objects.get(occasion="order-placed")
    Limits.objects.get_or_create(pk=1)
    assert client.post(f"{ADMIN}topic/{row.pk}/change/", {}).status_code == 403
    limits = {"messages_per_day": 1, "duplicate_minutes": 0, "digest_minutes": 0}
    assert client.post(f"{ADMIN}limits/1/change/", limits).status_code == 403
    row.refresh_from_db()
    assert (row.is_on, Limits.objects.get().messages_per_day) == (True, 0)


def test_an_opt_out_by_staff_stops_what_waits_and_says_who_told_it(manager):
    customer = CustomerFactory.create()
    waiting = notify(customer, message="Hello", channel="sms")
    assert opt_out(manager, "0704 590 344".replace("0704", "+254 704")) == 302
    waiting.refresh_from_db()
    assert waiting.state == "suppressed"
    step = Consent.objects.get()
    assert (step.kind, step.how, step.actor) == ("opted-out", "staff", actor_named("maria"))
    assert (step.customer, step.recipient) == (customer, NUMBER)


def test_the_same_opt_out_is_refused_a_second_time_or_is_still_one(manager):
    opt_out(manager)
    opt_out(manager)
    assert OptOut.objects.count() == 1
    assert Consent.objects.count() == 1


def test_an_opt_out_is_there_or_not_and_never_changed(manager):
    opt_out(manager)
    row = OptOut.objects.get()
    form = {"channel": "sms", "recipient": "+447451277972", "reason": "x"}
    assert manager.post(f"{ADMIN}optout/{row.pk}/change/", form).status_code == 403
    row.refresh_from_db()
    assert row.recipient == NUMBER


def test_deleting_it_lets_messages_through_again_on_record(manager):
    opt_out(manager)
    row = OptOut.objects.get()
    manager.post(f"{ADMIN}optout/{row.pk}/delete/", {"post": "yes"})
    assert not OptOut.objects.exists()
    step = Consent.objects.order_by("id").last()
    assert step is not None
    assert (step.kind, step.actor) == ("opted-in", actor_named("maria"))
    assert notify(CustomerFactory.create(), message="Hello", channel="sms").state == "queued"


def test_deleting_several_is_on_record_for_each(manager):
    for number in (NUMBER, "+447451277972"):
        opt_out(manager, number)
    keys = list(OptOut.objects.values_list("pk", flat=True))
    form = {"action": "delete_selected", "_selected_action": keys, "post": "yes"}
    manager.post(f"{ADMIN}optout/", form)
    assert not OptOut.objects.exists()
    assert Consent.objects.filter(kind="opted-in").count() == 2


def test_who_may_only_look_opts_nobody_out_or_in(manager):
    auditor = in_role("auditor", "audrey")
    assert opt_out(auditor) == 403
    opt_out(manager)
    row = OptOut.objects.get()
    assert auditor.post(f"{ADMIN}optout/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert OptOut.objects.count() == Consent.objects.count() == 1


@pytest.mark.parametrize("typed", [NUMBER, "0704590344", "+254 704 590 344", "(+254) 704-590-344"])
def test_the_history_of_an_address_is_found_however_it_is_typed(manager, typed):
    opt_out(manager)
    opt_out(manager, "ada@example.com", "email")
    rows = manager.get(f"{ADMIN}consent/", {"q": typed}).context["cl"].result_list
    assert [row.recipient for row in rows] == [NUMBER]


def test_the_history_of_an_e_mail_address_is_found_in_any_letters(manager):
    opt_out(manager, "ada@exämple.de", "email")
    for typed in ("ADA@exämple.de", "ada@xn--exmple-cua.de"):
        rows = manager.get(f"{ADMIN}consent/", {"q": typed}).context["cl"].result_list
        assert len(rows) == 1, typed


def test_the_history_is_written_by_nobody(manager):
    opt_out(manager)
    step = Consent.objects.get()
    assert manager.get(f"{ADMIN}consent/add/").status_code == 403
    for page in ("change", "delete"):
        answer = manager.post(f"{ADMIN}consent/{step.pk}/{page}/", {"post": "yes", "kind": "x"})
        assert answer.status_code in (302, 403)
    step.refresh_from_db()
    assert (step.kind, step.at < timezone.now()) == ("opted-out", True)
