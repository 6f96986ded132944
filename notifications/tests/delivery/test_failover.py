"""Another service carries a message only where the first provably did not take it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.http import Temporary
from core.models import Circuit
from core.outbox import circuit_breaker
from notifications import sweeper
from notifications.delivery.queues import dispatch
from notifications.models import Notification
from notifications.tests.factories import queued, sent

pytestmark = pytest.mark.django_db
FIRST = "notifications:sms:africastalking"
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def two_services(sandbox, settings):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]


def providers(sandbox) -> list[str]:
    return [entry["provider"] for entry in sandbox.ledger()["sms"]]


def open_circuit(name: str = FIRST) -> None:
    circuit_breaker.record(name, [Temporary("refused")] * circuit_breaker.FAILURES)


def test_a_refused_connection_sends_it_by_the_next_service_at_once(sandbox, settings):
    settings.AFRICAS_TALKING_BASE_URL = NOBODY
    row = sent()
    assert (row.state, row.provider, row.attempts) == ("sent", "gateway", 2)
    assert providers(sandbox) == ["gateway"]
    assert "Goes by gateway instead." in row.events.get(kind="queued").detail


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429},
        {"status": 503, "retry_after": 60},
        {"status": 401},
        {"mode": "status", "status": 403},
    ],
)
def test_an_explicit_refusal_of_service_sends_it_by_the_next(sandbox, fault):
    sandbox.faults(africastalking=fault)
    row = sent()
    assert (row.state, row.provider) == ("sent", "gateway")


@pytest.mark.parametrize("code", ["405", "500", "501"])
def test_a_recipient_that_was_provably_not_taken_goes_by_the_next(sandbox, code):
    row = sent(phone_number=f"+254704599{code}")
    assert (row.state, row.provider) == ("sent", "gateway")
    assert [entry.get("messageId") for entry in sandbox.ledger()["sms"]] == ["None", None]


@pytest.mark.parametrize("mode", ["timeout_after_accept", "close_after_accept", "garbled", "slow"])
@pytest.mark.usefixtures("hurried")
def test_after_a_try_without_an_answer_nobody_else_is_asked(sandbox, mode):
    sandbox.faults(africastalking={"mode": mode, "times": 1})
    row = sent()
    dispatch()
    sweeper.reroute()
    row.refresh_from_db()
    assert (row.state, row.provider) == ("unknown", "africastalking")
    assert providers(sandbox) == ["africastalking"]


@pytest.mark.parametrize("code", ["401", "403", "404", "406", "407", "409", "502"])
def test_a_refusal_for_good_is_no_reason_to_ask_another(sandbox, code):
    row = sent(phone_number=f"+254704599{code}")
    assert (row.state, row.provider) == ("failed", "africastalking")
    assert providers(sandbox) == ["africastalking"]


def test_what_waits_for_a_service_whose_circuit_is_open_moves_on_before_it_is_sent(sandbox):
    rows = [queued(), queued()]
    open_circuit()
    dispatch("sms", "africastalking")
    assert providers(sandbox) == ["gateway"] * 2
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.provider, row.attempts) == ("sent", "gateway", 1)
        assert row.events.filter(kind="moved to another service").count() == 1


def test_what_may_have_been_taken_never_moves(sandbox):
    row = queued()
    Notification.objects.update(doubtful=True)
    open_circuit()
    dispatch()
    row.refresh_from_db()
    assert (row.state, row.provider) == ("queued", "africastalking")
    assert providers(sandbox) == []


def test_when_every_service_is_left_alone_messages_wait_and_burn_no_attempts(sandbox):
    row = queued()
    open_circuit()
    open_circuit("notifications:sms:gateway")
    assert dispatch() == 0
    row.refresh_from_db()
    assert (row.state, row.provider, row.attempts) == ("queued", "africastalking", 0)


def test_after_the_last_service_the_first_is_tried_again_when_it_is_time(settings):
    settings.AFRICAS_TALKING_BASE_URL = settings.SMS_GATEWAY_URL = NOBODY
    row = sent()
    assert (row.state, row.provider, row.attempts) == ("queued", "africastalking", 2)
    assert row.next_attempt_at > timezone.now()
    assert dispatch() == 0


def test_a_service_that_recovers_gets_a_probe_and_then_its_messages_back(sandbox, time_machine):
    open_circuit()
    time_machine.move_to(timezone.now() + timedelta(minutes=1), tick=False)
    first, second = queued(), queued()
    dispatch()
    dispatch()
    for row in (first, second):
        row.refresh_from_db()
        assert (row.state, row.provider) == ("sent", "africastalking")
    assert Circuit.objects.get(name=FIRST).open_until is None


def test_a_failed_probe_costs_nobody_their_message(sandbox, settings, time_machine):
    open_circuit()
    time_machine.move_to(timezone.now() + timedelta(minutes=1), tick=False)
    settings.AFRICAS_TALKING_BASE_URL = NOBODY
    rows = [queued() for _ in range(3)]
    dispatch("sms", "africastalking")
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.provider) == ("sent", "gateway")
