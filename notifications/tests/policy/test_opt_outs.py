"""Who wants no more messages gets none, and what customers want is on record.

Two spellings of one domain are one address (RFC 5890, 2.3.2.1), wherever it came from.
"""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.channels import Report
from notifications.delivery.answers import Answers
from notifications.delivery.incoming.reports import (
    apply_overtaking,
    apply_parked_reports,
    take_report,
)
from notifications.models import Consent, Notification, OptOut
from notifications.policy.opt_outs import history_of, opt_in, opt_out, opted_out, prefer
from notifications.services import notify

pytestmark = pytest.mark.django_db
READ, CODED = "idn@exämple.de", "idn@xn--exmple-cua.de"
BOTH = [(READ, CODED), (CODED, READ), (READ.upper(), CODED), (CODED, "idn@EXÄMPLE.de")]


@pytest.mark.parametrize(("said", "kept"), BOTH)
def test_an_opt_out_of_one_spelling_holds_for_the_other(said, kept):
    opt_out("email", said, reason="asked")
    customer = CustomerFactory.create(email=kept)
    assert notify(customer, message="Hello", channel="email").state == "suppressed"
    assert opted_out(customer) == ["email"]
    assert opt_in("email", kept, reason="asked", by="user:test")


@pytest.mark.parametrize(("said", "kept"), BOTH)
def test_an_opt_out_suppresses_what_waits_for_the_other_spelling(said, kept):
    row = notify(CustomerFactory.create(email=kept), message="Hello", channel="email")
    opt_out("email", said, reason="asked")
    row.refresh_from_db()
    assert row.state == "suppressed"


def test_customers_are_kept_in_the_spelling_that_people_read(api):
    answer = api().post("/api/v1/customers/", {"name": "A", "email": CODED}, format="json")
    assert answer.json()["email"] == READ
    found = api().get("/api/v1/customers/", {"email": CODED}).json()["results"]
    assert [row["id"] for row in found] == [answer.json()["id"]]
    assert Customer.objects.get().email == READ


@pytest.mark.parametrize(("said", "kept"), BOTH)
def test_a_report_of_one_spelling_is_about_the_other(said, kept):
    row = notify(CustomerFactory.create(email=kept), message="Hello", channel="email")
    Notification.objects.update(state="sent", provider="anymail", provider_reference="m-1")
    row.refresh_from_db()
    take_report("email", "anymail", Report("m-1", said, "delivered", "delivered"))
    apply_overtaking(Answers("notifications:email:anymail", timezone.now(), [], [row]))
    row.refresh_from_db()
    assert row.state == "delivered"


@pytest.mark.parametrize(("said", "kept"), BOTH)
def test_a_report_of_which_no_worker_was_told_is_applied_in_either_spelling(said, kept):
    notify(CustomerFactory.create(email=kept), message="Hello", channel="email")
    Notification.objects.update(state="sent", provider="anymail", provider_reference="m-1")
    take_report("email", "anymail", Report("m-1", said, "delivered", "delivered"))
    assert [apply_parked_reports(), apply_parked_reports()] == [1, 0]
    assert Notification.objects.get().state == "delivered"


def test_opt_outs_of_before_are_found_by_the_spelling_that_is_kept():
    OptOut.objects.create(channel="email", recipient=CODED)
    respell = import_module("notifications.migrations.0012_one_spelling_of_opt_outs").respell
    respell(apps, None)
    customer = CustomerFactory.create(email=READ)
    assert notify(customer, message="Hello", channel="email").state == "suppressed"


def queued(customer: Customer, channel: str = "sms", **columns: str) -> Notification:
    row = notify(customer, message="Hello", channel=channel)
    Notification.objects.filter(pk=row.pk).update(**columns)
    return row


def states() -> list[str]:
    return list(Notification.objects.order_by("id").values_list("state", flat=True))


def test_an_opt_out_stops_just_what_waits_for_this_address_by_this_channel():
    ada, bo = CustomerFactory.create(), CustomerFactory.create(phone_number="+447451277972")
    queued(ada)
    queued(ada, "email")
    queued(bo)
    queued(ada, state="sending")
    queued(ada, state="sent")
    opt_out("sms", "+254704590344", reason="asked")
    assert states() == ["suppressed", "queued", "queued", "sending", "sent"]
    stopped = Notification.objects.get(state="suppressed")
    assert stopped.last_error == "The customer has opted out: asked"
    assert stopped.events.latest("id").kind == "suppressed"


def test_the_answer_to_an_opt_out_is_not_stopped_by_it():
    queued(CustomerFactory.create(), source="opted-out:1")
    opt_out("sms", "+254704590344", reason="asked")
    assert states() == ["queued"]


def test_who_opts_out_twice_has_one_opt_out_and_one_step_and_its_first_reason():
    first = opt_out("sms", "+254704590344", reason="asked", by="user:1 ann")
    again = opt_out("sms", "+254704590344", reason="asked again")
    assert (again.pk, again.reason) == (first.pk, "asked")
    assert Consent.objects.count() == 1


def test_a_second_opt_out_stops_what_was_written_in_between():
    opt_out("sms", "+254704590344", reason="asked")
    queued(CustomerFactory.create(), state="queued")
    opt_out("sms", "+254704590344", reason="again")
    assert states() == ["suppressed"]


def test_a_step_names_the_customer_only_where_the_address_is_one_customers():
    ada = CustomerFactory.create(email="ada@example.com")
    opt_out("email", "ADA@example.com", reason="asked")
    opt_out("sms", "+254704590344", reason="asked", customer=ada)
    CustomerFactory.create(email="both@example.com")
    CustomerFactory.create(email="both@example.com")
    opt_out("email", "both@example.com", reason="asked")
    opt_out("email", "nobody@example.com", reason="asked")
    known = [step.customer for step in Consent.objects.order_by("id")]
    assert known == [ada, ada, None, None]


def test_a_channel_that_is_no_more_can_still_be_opted_out_of():
    assert opt_out("pigeon", "Loft 7", reason="asked").recipient == "loft 7"
    assert Consent.objects.get().customer is None


def test_long_reasons_are_cut_and_not_refused():
    queued(CustomerFactory.create())
    opt_out("sms", "+254704590344", reason="x" * 900)
    assert len(OptOut.objects.get().reason) == 200
    assert len(Notification.objects.get().last_error) == 500


def test_letting_messages_through_again_is_on_record_and_wakes_nothing_that_was_stopped():
    queued(CustomerFactory.create())
    opt_out("sms", "+254704590344", reason="asked")
    assert opt_in("sms", "+254704590344", reason="changed their mind", by="user:1 ann")
    assert states() == ["suppressed"], "old news are not told now"
    step = Consent.objects.order_by("id").last()
    assert step is not None
    assert (step.kind, step.actor, step.detail) == ("opted-in", "user:1 ann", "changed their mind")
    assert not opt_in("sms", "+254704590344", reason="again", by="user:1 ann")
    assert Consent.objects.count() == 2


def test_letting_one_channel_through_leaves_the_others_closed():
    customer = CustomerFactory.create()
    for channel, address in (("sms", "+254704590344"), ("email", customer.email)):
        opt_out(channel, address, reason="asked")
    opt_in("sms", "+254704590344", reason="asked", by="user:1 ann")
    assert opted_out(customer) == ["email"]


def test_the_history_is_ones_own_and_that_of_ones_present_addresses():
    ada = CustomerFactory.create(email="ada@example.com")
    other = CustomerFactory.create(email="bo@example.com", phone_number="+447451277972")
    Consent.objects.create(channel="email", recipient="ada@example.com", kind="opted-out")
    prefer(ada, {"language": "sw"}, by="user:1 ann", how="staff")
    prefer(other, {"language": "sw"}, by="user:1 ann", how="staff")
    Consent.objects.create(channel="email", recipient="old@example.com", kind="opted-out")
    assert [step.kind for step in history_of(ada)] == ["preferences", "opted-out"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"language": "english"}, "language"),
        ({"time_zone": "Nairobi"}, "time_zone"),
        ({"name": "Eve"}, "name"),
    ],
)
def test_a_preference_that_there_is_not_is_refused_and_nothing_is_written(wanted, field):
    ada = CustomerFactory.create(name="Ada")
    with pytest.raises(ValidationError) as caught:
        prefer(ada, {"language": "sw"} | wanted, by="user:1 ann", how="staff")
    assert field in caught.value.message_dict
    ada.refresh_from_db()
    assert (ada.name, ada.language) == ("Ada", "")
    assert not Consent.objects.exists()


def test_what_they_want_is_recorded_from_what_to_what_and_only_when_it_changes():
    ada = CustomerFactory.create()
    wanted = {"language": "PT-br", "time_zone": "Africa/Nairobi", "channel": "sms"}
    for _ in range(2):
        prefer(ada, wanted, by="user:1 ann", how="staff")
    prefer(ada, {"language": "", "channel": "sms"}, by="user:1 ann", how="staff")
    first, second = Consent.objects.order_by("id")
    assert "language: default → pt-BR" in first.detail
    assert "time zone: default → Africa/Nairobi" in first.detail
    assert second.detail == "language: pt-BR → default"


def test_a_preference_is_written_beside_what_others_changed_meanwhile():
    ada = CustomerFactory.create(name="Ada")
    Customer.objects.filter(pk=ada.pk).update(name="Ada Lovelace", time_zone="Africa/Nairobi")
    prefer(ada, {"language": "sw"}, by="user:1 ann", how="staff")
    ada.refresh_from_db()
    assert (ada.name, ada.time_zone, ada.language) == ("Ada Lovelace", "Africa/Nairobi", "sw")
