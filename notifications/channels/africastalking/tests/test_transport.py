"""Requirement D5's service, to the letter of its contract, over HTTP against the sandbox."""

import json
import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from core.http import Done, MalformedResponseError, Response, Unknown
from core.models import Circuit
from notifications.channels import Message
from notifications.channels.africastalking.transport import AfricasTalking
from notifications.delivery.queues import dispatch
from notifications.models import Notification, OptOut
from notifications.services import notify
from notifications.tests.factories import queued, sent

pytestmark = pytest.mark.django_db
LANE = "notifications:sms:africastalking"
JSON = {"content-type": "application/json"}


def ending(digits: str) -> str:
    """A Kenyan number with this ending: the sandbox goes by it."""
    return f"+25470459{digits}"


def test_D5_a_message_goes_out_as_the_documented_form(sandbox):
    row = sent(phone_number="+254704590344")
    [entry] = sandbox.ledger()["sms"]
    assert entry["body"] == {"username": "sandbox", "to": "+254704590344", "message": "Hello"}
    assert entry["headers"]["Accept"] == "application/json"
    assert entry["path"] == "/africastalking/version1/messaging"
    assert (row.state, row.provider_reference) == ("sent", entry["messageId"])
    assert (row.cost, row.attempts) == ("KES 0.8000", 1)
    assert row.sent_at is not None


def test_the_sender_id_goes_along_when_there_is_one(sandbox, settings):
    settings.AFRICAS_TALKING_SENDER_ID = "DOSETTE"
    assert sent().state == "sent"
    assert sandbox.ledger()["sms"][0]["sender"] == "DOSETTE"


@pytest.mark.parametrize("code", ["100", "101", "102"])
def test_processed_sent_and_queued_are_accepted(sandbox, code):
    assert sent(phone_number=ending(f"9{code}")).state == "sent"


@pytest.mark.parametrize("code", ["401", "402", "403", "404", "407", "409", "502"])
def test_a_rejection_is_final(sandbox, code):
    row = sent(phone_number=ending(f"9{code}"))
    assert row.state == "failed"
    assert row.last_error.startswith(code)
    assert row.provider_reference == ""
    assert dispatch() == 0


def test_do_not_disturb_comes_with_http_409_and_is_read_all_the_same(sandbox):
    row = sent(phone_number=ending("9409"))
    assert sandbox.ledger()["sms"][0]["status"] == 409
    assert row.last_error == "409 DoNotDisturbRejection"


@pytest.mark.parametrize("code", ["500", "501"])
def test_their_own_errors_are_tried_again_later(sandbox, code):
    row = sent(phone_number=ending(f"9{code}"))
    assert (row.state, row.attempts) == ("queued", 1)
    assert row.next_attempt_at > timezone.now()
    assert row.doubtful is False


def test_without_balance_the_queue_is_halted_and_staff_are_told(sandbox, caplog):
    row = sent(phone_number=ending("9405"))
    waiting = queued()
    assert dispatch() == 0
    waiting.refresh_from_db()
    assert (row.state, waiting.state, waiting.attempts) == ("queued", "queued", 0)
    in_ten_minutes = timezone.now() + timedelta(minutes=10)
    assert Circuit.objects.filter(name=LANE, open_until__gt=in_ten_minutes).exists()
    assert [r.levelno for r in caplog.records if "405 InsufficientBalance" in r.message] == [
        logging.ERROR
    ]


def test_a_halted_queue_goes_on_after_the_top_up(sandbox, time_machine):
    row = sent(phone_number=ending("9405"))
    Notification.objects.filter(pk=row.pk).update(recipient="+254704590344")
    time_machine.move_to(timezone.now() + timedelta(hours=2))
    assert dispatch() == 1
    row.refresh_from_db()
    assert row.state == "sent"
    assert Circuit.objects.get(name=LANE).open_until is None


def test_a_blacklisted_number_is_an_opt_out(sandbox):
    row = sent(phone_number=ending("9406"))
    assert (row.state, row.last_error) == ("failed", "406 UserInBlacklist")
    assert OptOut.objects.get().recipient == ending("9406")
    again = notify(row.customer, message="Hello again", channel="sms")
    assert again.state == "suppressed"


def test_a_success_without_recipients_is_a_failure(sandbox, settings):
    settings.AFRICAS_TALKING_SENDER_ID = "STRANGER"
    row = sent()
    assert sandbox.ledger()["sms"][0]["status"] == 201
    assert row.state == "failed"
    assert "InvalidSenderId" in row.last_error


def test_a_wrong_key_loses_no_message(sandbox, settings):
    settings.AFRICAS_TALKING_API_KEY = "wrong-secret-key"
    row = sent()
    assert row.state == "queued"
    assert row.last_error == "refused our credentials: 401"
    assert row.last_answer == "The supplied authentication is invalid"
    assert "wrong-secret-key" not in row.last_error


@pytest.mark.parametrize("mode", ["timeout_after_accept", "close_after_accept", "garbled"])
def test_without_a_usable_answer_the_outcome_is_unknown_and_nothing_is_resent(
    sandbox, mode, hurried, time_machine
):
    sandbox.faults(africastalking={"mode": mode, "times": 1})
    row = sent()
    assert (row.state, row.doubtful) == ("unknown", True)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert dispatch() == 0
    assert len(sandbox.ledger()["sms"]) == 1


def test_a_server_error_may_hide_a_message_that_went_out(sandbox):
    sandbox.faults(africastalking={"mode": "status_after_accept", "status": 502})
    assert sent().state == "unknown"


def test_when_nobody_listens_it_is_tried_again(sandbox, settings):
    settings.AFRICAS_TALKING_BASE_URL = "http://127.0.0.1:9"
    row = sent()
    assert (row.state, row.doubtful) == ("queued", False)
    assert row.last_error.startswith("not sent: ")


@pytest.mark.parametrize("address", ["+254704590344,+254700000000", "0704590344", "+254 704", ""])
def test_only_one_number_in_e164_is_ever_asked_for(sandbox, address):
    row = queued()
    Notification.objects.filter(pk=row.pk).update(recipient=address)
    dispatch()
    assert sandbox.ledger()["sms"] == []


def answer(recipients: object, status: int = 201) -> Response:
    body = {"SMSMessageData": {"Message": "Sent", "Recipients": recipients}}
    return Response(status, JSON, json.dumps(body).encode())


@pytest.mark.parametrize(
    "recipients",
    [
        None,
        {},
        "101",
        [1],
        [{}],
        [{"statusCode": "101"}],
        [{"statusCode": True}],
        [{"statusCode": 999}],
        [{"statusCode": [101]}],
        [{"statusCode": 101}, {"statusCode": 101}],
    ],
)
def test_an_answer_of_the_wrong_shape_is_garbled(recipients):
    with pytest.raises(MalformedResponseError):
        AfricasTalking().read(answer(recipients))


@pytest.mark.parametrize("reference", [None, 5, "", "None", "x" * 101, "a b", ["id"]])
def test_a_strange_reference_or_cost_does_not_undo_the_acceptance(reference):
    accepted = [{"statusCode": 101, "messageId": reference, "cost": reference}]
    outcome = AfricasTalking().read(answer(accepted))
    assert isinstance(outcome, Done)
    assert outcome.reference == ""


def test_an_html_page_is_no_acceptance():
    page = Response(200, {"content-type": "text/html"}, b"<h1>It works!</h1>")
    with pytest.raises(MalformedResponseError):
        AfricasTalking().read(page)
    assert isinstance(AfricasTalking().read(Response(500)), Unknown)


def test_the_message_text_travels_whole(sandbox):
    text = "Ünïcode & = + % \n😀"
    made = AfricasTalking().request(Message("+254704590344", text))
    assert made.headers["Content-Type"] == "application/x-www-form-urlencoded"
    notify(queued().customer, message=text, channel="sms")
    dispatch()
    assert text in [entry["body"]["message"] for entry in sandbox.ledger()["sms"]]
