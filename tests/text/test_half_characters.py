"""Half of a surrogate pair, wherever somebody outside may put it: refused or dropped, no 500."""

import base64
import json

import pytest
from django.test import Client
from rest_framework.test import APIClient

from identity.tests.issuer import shared_issuer

pytestmark = pytest.mark.django_db
HALF = "\ud83d"


def _part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "EdDSA", "kid": HALF}, {}),
        ({"alg": "EdDSA", "typ": HALF}, {}),
        ({"alg": HALF}, {}),
        ({"alg": "EdDSA"}, {"iss": HALF}),
        ({"alg": "EdDSA", "kid": "shared"}, {"sub": HALF}),
        ({"alg": "EdDSA", "kid": "shared"}, {HALF: HALF}),
    ],
)
def test_in_a_token_it_is_a_401(header, claims):
    body = {"iss": shared_issuer().url, "sub": "x", "aud": "dosette", **claims}
    token = f"{_part(header)}.{_part(body)}.AAAA"
    answer = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/v1/orders/")
    assert answer.status_code == 401


@pytest.mark.parametrize("claim", ["sub", "client_id", "azp"])
def test_in_a_token_that_its_issuer_signed_it_is_a_401(claim):
    token = shared_issuer().sign(scope="orders:read", **{claim: HALF, "client_id": HALF})
    answer = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/v1/orders/")
    assert answer.status_code == 401


# As bytes: what UTF-8 would be of it, and what an address makes of that.
RAW, ESCAPED = b"\xed\xa0\xbd", "%ED%A0%BD"


def test_in_an_address_it_is_no_500(api):
    client = api()
    for path in (
        f"customers/?search={ESCAPED}",
        f"customers/?email={ESCAPED}&code={ESCAPED}",
        f"customers/?ordering={ESCAPED}",
        f"customers/?cursor={ESCAPED}&page_size={ESCAPED}",
        f"customers/?created_after={ESCAPED}",
        f"products/{ESCAPED}/",
        f"orders/{ESCAPED}/",
        f"webhooks/shipping/{ESCAPED}/",
        f"exceptions/?kind={ESCAPED}&provider={ESCAPED}",
        f"schedules/1/preview/?verb={ESCAPED}&time_zone={ESCAPED}",
        f"notifications/costs/?provider={ESCAPED}&currency={ESCAPED}",
    ):
        for method in ("get", "post"):
            assert getattr(client, method)(f"/api/v1/{path}").status_code < 500, path


def test_in_a_header_it_is_no_500(api):
    for name in ("ACCESS_REASON", "IDEMPOTENCY_KEY", "X_REQUEST_ID", "ACCEPT", "CONTENT_TYPE"):
        headers = {f"HTTP_{name}".replace("HTTP_CONTENT", "CONTENT"): RAW.decode("latin-1")}
        assert api().get("/api/v1/patients/", **headers).status_code < 500, name
        assert api().generic("POST", "/api/v1/patients/", b"{}", **headers).status_code < 500


def test_in_a_form_of_a_webhook_it_is_no_500(settings):
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = "secret"
    for body in (f"id={ESCAPED}&status={ESCAPED}&phoneNumber={ESCAPED}", b"id=" + RAW):
        for what in ("delivery", "opt-out"):
            answer = Client().generic(
                "POST",
                f"/api/v1/webhooks/africastalking/secret/{what}/",
                body,
                "application/x-www-form-urlencoded",
            )
            assert answer.status_code < 500


@pytest.mark.parametrize("field", ["MessageID", "Recipient", "Email", "RecordType", "Type"])
def test_in_an_event_of_the_email_service_it_is_no_500(settings, field):
    settings.ANYMAIL = {**settings.ANYMAIL, "WEBHOOK_SECRET": "u:p"}
    settings.ANYMAIL_BACKEND = "postmark"
    body = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "MessageID": "m1",
        "Email": "a@example.com",
        "BouncedAt": "2026-06-01T12:00:00Z",
        field: f"a{HALF}@example.com",
    }
    secret = base64.b64encode(b"u:p").decode()
    answer = Client().post(
        "/api/v1/webhooks/email/postmark/",
        json.dumps(body),
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Basic {secret}",
    )
    assert answer.status_code in (200, 400), answer.content


@pytest.mark.parametrize("field", ["order_id", "event_name", "event_time", HALF])
def test_in_an_event_of_a_carrier_it_is_no_500(settings, field):
    settings.REFERENCE_PROVIDER_SECRET = "s" * 24
    body = {"order_id": "co-1", "event_name": "in-transit", "event_time": "2026-05-19 13:18:45"}
    answer = Client().post(
        "/api/v1/webhooks/shipping/reference/",
        json.dumps({**body, field: HALF}),
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {'s' * 24}",
    )
    assert answer.status_code in (200, 400)


def test_in_forms_of_the_admin_it_is_no_500(admin_client):
    for path in ("customers/customer/add/", "orders/order/add/", "login/", "reason/"):
        answer = admin_client.generic(
            "POST", f"/admin/{path}", f"name={ESCAPED}", "application/x-www-form-urlencoded"
        )
        assert answer.status_code < 500
