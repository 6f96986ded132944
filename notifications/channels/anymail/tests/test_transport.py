"""The big e-mail services through django-anymail, over HTTP against a stand-in for Postmark."""

import base64
import hmac
import json
from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from core.cases.models import Case
from core.http import (
    Done,
    MalformedResponseError,
    Outcome,
    Permanent,
    Request,
    Response,
    Temporary,
    Unknown,
)
from notifications.channels import Message, ServiceUnavailable
from notifications.channels.anymail.transport import Anymail
from notifications.delivery.incoming.reports import apply_parked_reports
from notifications.models import DeliveryReport, Notification, OptOut
from notifications.services import notify
from notifications.tests.factories import apply_all_reports, sent
from sandbox.testing import running_sandbox, wait_until

pytestmark = pytest.mark.django_db
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def by_anymail(sandbox, settings):
    settings.EMAIL_PROVIDER = ["anymail"]


def read(status: int, body: object, to: str = "jane@example.com") -> Outcome:
    response = Response(status, JSON, json.dumps(body).encode())
    return Anymail().reader(Message(to, "Hello"))(response)


def test_a_message_goes_out_in_the_words_of_the_service(sandbox):
    row = sent("email")
    [entry] = sandbox.ledger()["email"]
    assert (row.state, row.provider_reference) == ("sent", entry["messageId"])
    assert (entry["provider"], entry["recipient"]) == ("postmark", row.recipient)
    assert entry["message"].startswith("Hello")
    assert "<" in entry["body"]["HtmlBody"]
    named = {each["Name"]: each["Value"] for each in entry["body"]["Headers"]}
    assert named["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_another_service_is_a_matter_of_settings(settings):
    settings.ANYMAIL_BACKEND = "mailgun"
    settings.ANYMAIL = {
        "MAILGUN_API_KEY": "key-1",
        "MAILGUN_SENDER_DOMAIN": "mg.example.com",
        "MAILGUN_API_URL": "http://127.0.0.1:1/v3",
    }
    made = Anymail().request(Message("jane@example.com", "Grüße", "Hi"))
    assert isinstance(made, Request)
    assert made.url == "http://127.0.0.1:1/v3/mg.example.com/messages"
    assert made.headers["Authorization"].startswith("Basic ")
    outcome = read(200, {"id": "<1@mg.example.com>", "message": "Queued. Thank you."})
    assert outcome == Done("<1@mg.example.com>")


@pytest.mark.parametrize("backend", ["", "pigeon", "../../etc", "amazon_ses", "test", "console"])
def test_a_service_that_cannot_be_reached_so_halts_the_queue(settings, backend):
    settings.ANYMAIL_BACKEND = backend
    assert isinstance(Anymail().request(Message("jane@example.com", "Hello")), ServiceUnavailable)


def test_a_missing_key_halts_the_queue_and_loses_no_message(settings):
    settings.ANYMAIL = {}
    row = sent("email")
    assert (row.state, row.doubtful) == ("queued", False)


def test_an_address_that_has_bounced_before_is_refused(sandbox):
    row = sent("email", email="inactive@example.com")
    assert (row.state, row.last_error) == ("failed", "422, the address is rejected")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"ErrorCode": 0, "Message": "OK", "MessageID": "m", "To": "jane@example.com"}, Done),
        (200, {"ErrorCode": 0, "Message": "OK", "To": "jane@example.com"}, None),
        (200, [], Unknown),
        (200, "OK", None),
        (422, {"ErrorCode": 300, "Message": "Invalid 'From' address."}, Permanent),
        (422, {}, Permanent),
        (401, {"ErrorCode": 10, "Message": "Bad token"}, Temporary),
        (429, {}, Temporary),
        (500, {}, Unknown),
    ],
)
def test_what_its_answers_mean(status, body, kind):
    if kind is None:
        with pytest.raises(MalformedResponseError):
            read(status, body)
    else:
        assert isinstance(read(status, body), kind)


@pytest.mark.parametrize("mode", ["timeout_after_accept", "close_after_accept", "garbled"])
def test_without_a_usable_answer_it_is_unknown(sandbox, mode, monkeypatch):
    monkeypatch.setattr("core.http.messages.DEADLINE", 2.0)
    sandbox.faults(postmark={"mode": mode, "hang_seconds": 0.3})
    assert sent("email").state == "unknown"
    assert len(sandbox.ledger()["email"]) == 1


def test_a_line_break_in_the_subject_never_leaves(sandbox):
    made = Anymail().request(Message("jane@example.com", "Hello", "Hi\nBcc: all@example.com"))
    assert isinstance(made, Permanent)


# --- what the service posts later ------------------------------------------------------------


def post(settings, event: object, secret: str | None = None, esp: str = "postmark") -> int:
    """Post an event, which a worker applies; its status."""
    pair = settings.ANYMAIL.get("WEBHOOK_SECRET", "") if secret is None else secret
    token = base64.b64encode(pair.encode()).decode()
    raw = event if isinstance(event, bytes) else json.dumps(event).encode()
    answer = APIClient().post(
        f"/api/v1/webhooks/email/{esp}/",
        raw,
        content_type="application/json",
        headers={"authorization": f"Basic {token}"},
    )
    apply_all_reports()
    return int(answer.status_code)


def event(row: Notification, kind: str = "HardBounce", **changes: object) -> dict[str, object]:
    """What Postmark says of a message that bounced."""
    return {
        "RecordType": "Bounce",
        "Type": kind,
        "ID": 42,
        "MessageID": row.provider_reference,
        "Email": row.recipient,
    } | changes


def delivery(row: Notification) -> dict[str, object]:
    return {
        "RecordType": "Delivery",
        "MessageID": row.provider_reference,
        "Recipient": row.recipient,
    }


def test_a_delivery_is_recorded_and_a_later_bounce_moves_nothing_back(settings):
    row = sent("email")
    assert post(settings, delivery(row)) == 200
    assert post(settings, event(row)) == 200
    row.refresh_from_db()
    assert row.state == "delivered"
    assert row.delivery_reports.count() == 2


def test_a_hard_bounce_fails_it_and_nothing_more_goes_there(settings):
    row = sent("email")
    for _ in range(3):
        assert post(settings, event(row, Email=row.recipient.upper())) == 200
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("failed", "bounced bounced")
    assert "gone" in OptOut.objects.get().reason
    assert notify(row.customer, message="Again", channel="email").state == "suppressed"


def test_a_soft_bounce_fails_it_and_no_more(settings):
    row = sent("email")
    post(settings, event(row, "SoftBounce"))
    row.refresh_from_db()
    assert row.state == "failed"
    assert OptOut.objects.count() == 0


@pytest.mark.parametrize("kind", ["Transient", "DnsError", "AutoResponder"])
def test_what_is_on_the_way_stays_sent(settings, kind):
    row = sent("email")
    post(settings, event(row, kind))
    row.refresh_from_db()
    assert row.state == "sent"


def test_a_complaint_is_an_opt_out(settings):
    row = sent("email")
    complaint = {"RecordType": "SpamComplaint", "Type": "SpamComplaint"}
    post(settings, event(row) | complaint)
    assert OptOut.objects.get().recipient == row.recipient.lower()


@pytest.mark.parametrize("changes", [{"MessageID": "other"}, {"Email": "other@example.com"}])
def test_id_and_address_must_both_match(settings, changes):
    row = sent("email")
    assert post(settings, event(row, **changes)) == 200
    row.refresh_from_db()
    assert row.state == "sent"
    assert DeliveryReport.objects.get().notification is None


@pytest.mark.parametrize("secret", ["", "postmark:wrong", "x"])
def test_a_wrong_secret_is_refused_and_nothing_has_changed(settings, secret):
    row = sent("email")
    assert post(settings, event(row), secret) == 403
    row.refresh_from_db()
    assert (row.state, DeliveryReport.objects.count()) == ("sent", 0)


@pytest.mark.parametrize("esp", ["mailgun", "amazon_ses", "base", "os"])
def test_other_services_have_no_address_here(settings, esp):
    assert post(settings, {}, esp=esp) == 404


def test_without_a_secret_of_ours_there_is_no_address_at_all(settings):
    settings.ANYMAIL = settings.ANYMAIL | {"WEBHOOK_SECRET": ""}
    assert post(settings, {}, "") == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"RecordType": 1}'])
def test_nonsense_is_kept_as_it_came_and_before_staff(settings, body):
    """Whoever is answered 400 again and again calls no more."""
    assert [post(settings, body), post(settings, body)] == [200, 200]
    kept = DeliveryReport.objects.get()
    assert (kept.status, bytes(kept.raw or b"")) == ("not understood", body)
    case = Case.objects.get()
    assert (case.kind, case.source) == ("reports-not-understood", "anymail")


@pytest.mark.parametrize(
    "changes",
    [
        {"MessageID": "x" * 101},
        {"MessageID": "x\x00"},
        {"MessageID": ""},
        {"MessageID": None},
        {"Email": None},
        {"RecordType": "Postponed"},
        {"BouncedAt": "2026-02-31T12:00:00Z"},
        {"BouncedAt": 5},
        {"Metadata": None},
    ],
    ids=str,
)
def test_an_event_that_cannot_be_read_moves_nothing_and_is_kept(settings, changes):
    row = sent("email")
    assert post(settings, event(row, **changes)) == 200
    row.refresh_from_db()
    assert row.state == "sent"
    assert json.loads(bytes(DeliveryReport.objects.get().raw or b"")) == event(row, **changes)
    assert Case.objects.count() == 1
    assert row.recipient not in DeliveryReport.objects.get().reason + Case.objects.get().happened


def mailjet(row: Notification, **changes: object) -> dict[str, object]:
    return {
        "event": "sent",
        "MessageID": row.provider_reference,
        "email": row.recipient,
        "time": 1_764_000_000,
    } | changes


BAD = [{"time": "soon"}, {"time": 10**30}, {"event": None}, {"event": "flown"}]


@pytest.mark.parametrize("changes", BAD, ids=str)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_event_costs_the_batch_nothing(settings, changes, place):
    first, second = sent("email"), sent("email")
    bad = mailjet(first, email="x@example.com", **changes)
    batch = [mailjet(first), mailjet(second)]
    batch.insert(place, bad)
    settings.ANYMAIL_BACKEND = "mailjet"
    assert [post(settings, batch, esp="mailjet") for _ in range(2)] == [200, 200]
    assert set(Notification.objects.values_list("state", flat=True)) == {"delivered"}
    kept = DeliveryReport.objects.get(status="not understood")
    assert b"x@example.com" in bytes(kept.raw or b"")
    assert Case.objects.count() == 1


@pytest.mark.parametrize("piece", [5, None, [], {}, "x"], ids=str)
def test_what_is_no_event_costs_the_batch_nothing(settings, piece):
    row = sent("email")
    settings.ANYMAIL_BACKEND = "mailjet"
    assert post(settings, [piece, mailjet(row)], esp="mailjet") == 200
    row.refresh_from_db()
    assert row.state == "delivered"


@pytest.mark.parametrize(
    ("service", "batch"),
    [
        ("mailtrap", lambda events: {"events": events}),
        ("sparkpost", lambda events: [{"msys": {"message_event": each}} for each in events]),
    ],
)
def test_other_services_have_their_batches_elsewhere(settings, service, batch):
    row = sent("email")
    events = [
        {
            "event": kind,
            "type": kind,
            "message_id": row.provider_reference,
            "transmission_id": row.provider_reference,
            "email": row.recipient,
            "raw_rcpt_to": row.recipient,
            "timestamp": 1_764_000_000,
        }
        for kind in ("delivery", ["delivery"])
    ]
    settings.ANYMAIL_BACKEND = service
    settings.ANYMAIL = settings.ANYMAIL | {f"{service.upper()}_API_TOKEN": "x"}
    assert post(settings, batch(events), esp=service) == 200
    row.refresh_from_db()
    assert row.state == "delivered"
    assert DeliveryReport.objects.filter(status="not understood").count() == 1


def test_a_batch_in_a_form_is_taken_apart_too(settings):
    row = sent("email")
    named = {"_id": row.provider_reference, "msg": {"email": row.recipient}}
    good = {"event": "hard_bounce", "ts": 1, **named}
    settings.ANYMAIL_BACKEND, pair = "mandrill", settings.ANYMAIL["WEBHOOK_SECRET"]
    settings.ANYMAIL = settings.ANYMAIL | {"MANDRILL_WEBHOOK_KEY": "key"}
    events = json.dumps([{"event": ["send"]}, good])
    url = f"http://{pair}@testserver/api/v1/webhooks/email/mandrill/"
    proof = hmac.digest(b"key", f"{url}mandrill_events{events}".encode(), "sha1")
    answer = APIClient().post(
        "/api/v1/webhooks/email/mandrill/",
        urlencode({"mandrill_events": events}),
        content_type="application/x-www-form-urlencoded",
        headers={
            "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "x-mandrill-signature": base64.b64encode(proof).decode(),
        },
    )
    assert answer.status_code == 200
    apply_all_reports()
    row.refresh_from_db()
    assert row.state == "failed"
    assert DeliveryReport.objects.filter(status="not understood").count() == 1


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(
    ("name", "state"), [("jane", "delivered"), ("bounce", "failed"), ("spam", "delivered")]
)
def test_the_whole_road_of_an_e_mail_is_real_http_on_loopback(live_server, settings, name, state):
    with running_sandbox(web_url=live_server.url, events=False) as world:
        settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": f"{world.url}/postmark/"}
        customer = sent("email", email=f"{name}@example.com").customer
        wait_until(lambda: DeliveryReport.objects.count() == (2 if name == "spam" else 1))
    apply_parked_reports()
    assert customer.notifications.get().state == state
