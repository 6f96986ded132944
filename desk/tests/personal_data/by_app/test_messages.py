from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from desk.personal_data.by_app import messages
from desk.personal_data.parts import NotErasableError
from desk.tests.personal_data.held import customer_with_everything, erased, part, rows
from notifications.models import (
    Consent,
    DeliveryReport,
    Notification,
    OptOut,
    PushSubscription,
)
from notifications.tests.factories import queued

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def customer():
    return customer_with_everything("Quirrel")


@pytest.fixture(autouse=True)
def other():
    return customer_with_everything("Other")


def test_a_customer_reads_what_was_written_to_them(customer):
    texts = [row["message"] for row in rows("customer", "notifications", customer.pk)]
    assert "Dear Quirrel" in texts
    assert "Dear Other" not in texts


def test_they_read_what_became_of_it(customer):
    [row] = rows("customer", "delivery_reports", customer.pk)
    assert (row["recipient"], row["status"]) == ("quirrel@example.com", "bounced")


def test_they_read_which_devices_they_registered_without_the_secrets_of_those(customer):
    [row] = rows("customer", "push_subscriptions", customer.pk)
    assert row["name"] == "device of Quirrel"
    assert "secret" not in repr(row)


def test_they_read_what_they_agreed_to_and_refused(customer):
    [opt_out] = rows("customer", "opt_outs", customer.pk)
    assert opt_out["reason"] == "told by Quirrel"
    [consent] = rows("customer", "consents", customer.pk)
    assert (consent["kind"], consent["recipient"]) == ("opted-out", "quirrel@example.com")


def test_an_opt_out_of_their_phone_is_theirs_too(customer):
    OptOut.objects.create(channel="sms", recipient=str(customer.phone_number))
    channels = {row["channel"] for row in rows("customer", "opt_outs", customer.pk)}
    assert channels == {"email", "sms"}


def test_who_gave_no_address_has_no_opt_out(customer):
    type(customer).objects.filter(pk=customer.pk).update(phone_number="", email="")
    assert rows("customer", "opt_outs", customer.pk) == []


def test_texts_and_recipients_go_and_that_something_was_sent_stays(customer):
    mine = Notification.objects.filter(customer=customer)
    count = mine.count()
    before = list(mine.values_list("pk", "channel", "state", "created_at"))
    assert erased("customer", "notifications", customer.pk) == count
    assert list(mine.values_list("pk", "channel", "state", "created_at")) == before
    for column in ("recipient", "subject", "message", "html", "last_answer"):
        assert set(mine.values_list(column, flat=True)) == {""}, column


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_a_message_on_its_way_keeps_all_of_them(customer, state):
    newest = Notification.objects.filter(customer=customer).latest("pk")
    Notification.objects.filter(pk=newest.pk).update(state=state)
    with pytest.raises(NotErasableError, match="on its way"):
        erased("customer", "notifications", customer.pk)
    assert Notification.objects.get(pk=newest.pk).message != ""


@pytest.mark.parametrize("state", ["sent", "delivered", "failed", "unknown", "suppressed"])
def test_any_other_lets_its_text_go(customer, state):
    Notification.objects.filter(customer=customer).update(state=state)
    assert erased("customer", "notifications", customer.pk) > 0


def test_of_a_report_the_status_stays_and_who_it_is_about_goes(customer):
    assert erased("customer", "delivery_reports", customer.pk) == 1
    report = DeliveryReport.objects.get(notification__customer=customer)
    assert (report.recipient, report.raw, report.status) == ("", None, "bounced")


def test_devices_are_forgotten(customer, other):
    assert erased("customer", "push_subscriptions", customer.pk) == 1
    assert PushSubscription.objects.get().customer == other


@pytest.mark.parametrize("name", ["opt_outs", "consents"])
def test_what_proves_their_will_stays_and_it_is_said_why(customer, name):
    before = rows("customer", name, customer.pk)
    assert erased("customer", name, customer.pk) == 0
    assert rows("customer", name, customer.pk) == before != []
    assert part("customer", name).kept


def test_nothing_of_anybody_else_is_touched(customer, other):
    theirs = [
        Notification.objects.filter(customer=other).order_by("pk"),
        DeliveryReport.objects.filter(notification__customer=other),
        PushSubscription.objects.filter(customer=other),
        Consent.objects.filter(customer=other),
    ]
    before = [list(each.values()) for each in theirs]
    for name in ("notifications", "delivery_reports", "push_subscriptions", "consents"):
        erased("customer", name, customer.pk)
    assert [list(each.values()) for each in theirs] == before


def expire(before, most=100):
    [retention] = messages.RETENTIONS
    return retention.expire(before, most)


@pytest.mark.parametrize(
    ("age", "left"),
    [(timedelta(0), "Hello"), (timedelta(microseconds=1), ""), (timedelta(days=-1), "Hello")],
)
def test_texts_of_before_a_moment_are_let_go_and_none_of_that_moment(age, left):
    with time_machine.travel(NOON - age, tick=False):
        row = queued()
    Notification.objects.update(state="sent", created_at=NOON - age)
    expire(NOON)
    row.refresh_from_db()
    assert row.message == left


def test_the_oldest_go_first_and_no_more_than_asked():
    Notification.objects.all().delete()
    made = [queued() for _ in range(3)]
    for days, row in enumerate(made, start=1):
        at = NOON - timedelta(days=days)
        Notification.objects.filter(pk=row.pk).update(created_at=at, state="sent")
    assert expire(NOON, 2) == 2
    assert Notification.objects.get(message="Hello").pk == made[0].pk
    assert [expire(NOON, 2), expire(NOON, 2)] == [1, 0]
