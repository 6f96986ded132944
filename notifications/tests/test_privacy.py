"""No personal data in the broker, in logs or in error reports: keys only."""

import logging

import pytest
from celery import current_app

from core.http import Call, Limits, Unknown
from customers.tests.factories import CustomerFactory
from notifications.channels import Message
from notifications.delivery.jobs import job_of
from notifications.delivery.queues import dispatch
from notifications.services import notify
from notifications.sweeper import sweep
from orders.tests.factories import placed_kit_order, placed_sale

SECRETS = ("Wanjiru", "590344", "jane@example.com", "Your results")


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [None, {"status": 400}, {"status": 500}, {"mode": "garbled"}])
def test_nothing_personal_is_logged_or_queued(
    sandbox, fault, caplog, monkeypatch, django_capture_on_commit_callbacks
):
    caplog.set_level(logging.DEBUG)
    queue: list[object] = []
    monkeypatch.setattr(current_app, "send_task", lambda *given, **_: queue.append(given))
    sandbox.faults(africastalking=fault, gateways=fault)
    customer = CustomerFactory.create(
        name="Wanjiru Kamau", phone_number="+254704590344", email="jane@example.com"
    )
    with django_capture_on_commit_callbacks(execute=True):
        placed_sale(customer)
        placed_kit_order(customer=customer)
        notify(customer, message="Your results are in.", channel="sms")
    dispatch()
    sweep()
    assert queue
    # Django's own SQL log is a debugging aid that no settings of ours turn on.
    logged = [each for each in caplog.records if each.name != "django.db.backends"]
    said = f"{queue} {[(each.getMessage(), each.exc_text) for each in logged]}"
    for secret in SECRETS:
        assert secret not in said


def test_a_transport_that_breaks_is_logged_by_its_kind_only(caplog):
    class Broken:
        name = "broken"
        channel = "sms"
        limits = Limits()

        def deliver(self, message: Message) -> None:
            raise RuntimeError(f"cannot send to {message.recipient}")

    call = job_of(Broken(), Message("+254704590344", "Your results are in."))  # type: ignore[arg-type]  # as a newcomer would
    assert isinstance(call, Call)
    assert call.outcome() == Unknown("our own RuntimeError")
    assert "RuntimeError in broken" in caplog.text
    assert "590344" not in caplog.text


def test_what_is_printed_of_a_message_says_nothing():
    shown = repr(Message("+254704590344", "Your results are in.", "Hello Wanjiru"))
    for secret in (*SECRETS, "Hello"):
        assert secret not in shown
