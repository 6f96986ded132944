"""Requirement A5: the plain SMS and e-mail gateways, over HTTP against the sandbox."""

import json
from pathlib import Path

import pytest

from customers.tests.factories import CustomerFactory
from notifications.delivery.queues import dispatch
from notifications.models import Notification
from notifications.tests.factories import sent
from orders.tests.factories import placed_sale

pytestmark = pytest.mark.django_db
MESSAGE = json.loads((Path(__file__).parents[1] / "data" / "gateway_message.json").read_text())


@pytest.fixture
def gateways(sandbox, settings):
    settings.SMS_PROVIDER = ["gateway"]
    return sandbox


def test_A5_the_body_is_gateway_message_json_with_the_phone_in_e164(gateways):
    customer = CustomerFactory.create(name="Jane", phone_number=MESSAGE["recipient"])
    placed_sale(customer)
    dispatch()
    [entry] = gateways.ledger()["sms"]
    assert entry["body"] == {
        "recipient": "+447451277972",
        "message": MESSAGE["message"].replace("{user_name}", "Jane"),
    }
    assert entry["headers"]["Content-Type"] == "application/json"
    assert entry["authorized"] is True


def test_A5_email_goes_to_its_own_address_with_its_own_token(gateways):
    row = sent("email", email="jane@example.com")
    [entry] = gateways.ledger()["email"]
    assert entry["body"] == {"recipient": "jane@example.com", "message": "Hello"}
    assert entry["authorized"] is True
    assert row.state == "sent"


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_A5_a_4xx_is_permanent(gateways, status):
    gateways.faults(gateways={"status": status})
    row = sent("email")
    assert row.state == "failed"
    assert row.last_error.startswith(f"refused: {status}")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_A5_a_5xx_is_temporary(gateways, status):
    gateways.faults(gateways={"status": status, "times": 1})
    row = sent("email")
    assert (row.state, row.doubtful) == ("queued", False)
    Notification.objects.filter(pk=row.pk).update(next_attempt_at=row.created_at)
    dispatch()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("sent", 2)


def test_A5_a_connection_error_is_temporary(gateways, settings):
    settings.EMAIL_GATEWAY_URL = "http://127.0.0.1:9/email"
    assert sent("email").state == "queued"


def test_a_wrong_token_loses_no_message(gateways, settings):
    settings.EMAIL_GATEWAY_TOKEN = "wrong"
    row = sent("email")
    assert row.state == "queued"
    assert "refused our credentials" in row.last_error


@pytest.mark.parametrize("mode", ["close_after_accept", "slow"])
def test_when_the_answer_is_lost_after_sending_the_outcome_is_unknown(gateways, mode, hurried):
    gateways.faults(gateways={"mode": mode})
    assert sent("email").state == "unknown"
    assert len(gateways.ledger()["email"]) == 1
