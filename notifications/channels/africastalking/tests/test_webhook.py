"""Delivery reports and opt-outs, as Africa's Talking posts them."""

from urllib.parse import urlencode

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core.cases.models import Case
from core.http import Done
from core.models import Circuit
from core.outbox import Disposition, claim
from core.sweeper import reconcile
from core.web import rate_limits as rates
from notifications.delivery.incoming import unreadable
from notifications.delivery.incoming.reports import apply_parked_reports
from notifications.delivery.queues import dispatch, queue_to
from notifications.models import DeliveryReport, Notification, NotificationEvent, OptOut
from notifications.services import notify
from notifications.tests.factories import apply_all_reports, queued, sent
from sandbox.testing import running_sandbox, wait_until

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
FINAL_FAILURES = ["Failed", "Rejected", "AbsentSubscriber", "Expired"]


@pytest.fixture
def post(sandbox, settings):
    """Post a callback, which a worker applies; its status."""

    def callback(kind: str = "delivery", token: str | None = None, **form: str) -> int:
        token = settings.AFRICAS_TALKING_CALLBACK_TOKEN if token is None else token
        url = f"/api/v1/webhooks/africastalking/{token}/{kind}/"
        status = APIClient().post(url, urlencode(form), content_type=FORM).status_code
        apply_all_reports()
        return status

    return callback


def report(row: Notification, status: str, **changes: str) -> dict[str, str]:
    """The form that reports this status of a message."""
    form = {"id": row.provider_reference, "status": status, "phoneNumber": row.recipient}
    return form | {"networkCode": "63902", "retryCount": "0"} | changes


def test_M12_a_neighbours_flood_keeps_no_report_out(settings):
    """The address carries the secret, so it is judged by that."""
    settings.RATE_ADDRESS, settings.AFRICAS_TALKING_CALLBACK_TOKEN = "3/m", "a-long-token"
    rates.forget()
    client = Client()  # one process, which remembers whom it has turned away
    form = urlencode({"id": "ATXid_1", "status": "Success", "phoneNumber": "+254704590344"})

    def reported(token: str) -> int:
        url = f"/api/v1/webhooks/africastalking/{token}/delivery/"
        return client.post(url, form, content_type=FORM).status_code

    assert [client.get("/api/v1/orders/").status_code for _ in range(6)][-1] == 429
    assert [reported("a-long-token") for _ in range(5)] == [200] * 5
    assert reported("a-wrong-one") == 429


def test_the_answer_to_a_report_takes_one_statement(settings, django_assert_num_queries):
    url = f"/api/v1/webhooks/africastalking/{settings.AFRICAS_TALKING_CALLBACK_TOKEN}/delivery/"
    form = urlencode({"id": "ATXid_1", "status": "Success", "phoneNumber": "+254704590344"})
    for _ in range(2):  # a report that is known already, too
        with django_assert_num_queries(1):
            assert APIClient().post(url, form, content_type=FORM).status_code == 200


def test_success_means_delivered(post):
    row = sent()
    assert post(**report(row, "Success")) == 200
    row.refresh_from_db()
    assert row.state == "delivered"
    assert row.delivered_at is not None
    assert row.delivery_reports.get().status == "Success"


@pytest.mark.parametrize("status", FINAL_FAILURES)
def test_the_other_final_ones_mean_failed_with_the_reason(post, status):
    row = sent()
    post(**report(row, status, failureReason="UserIsInactive"))
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("failed", f"{status} UserIsInactive")
    assert row.delivered_at is None


@pytest.mark.parametrize("status", ["Sent", "Submitted", "Buffered"])
def test_what_is_on_the_way_stays_sent(post, status):
    row = sent()
    assert post(**report(row, status)) == 200
    row.refresh_from_db()
    assert row.state == "sent"
    assert row.delivery_reports.get().status == status


@pytest.mark.parametrize("late", ["Sent", "Buffered", *FINAL_FAILURES])
def test_delivered_never_moves_back(post, late):
    row = sent()
    post(**report(row, "Success"))
    assert post(**report(row, late)) == 200
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("delivered", "")


@pytest.mark.parametrize("late", ["Sent", "Success"])
def test_failed_never_moves_back(post, late):
    row = sent()
    post(**report(row, "Failed"))
    post(**report(row, late))
    row.refresh_from_db()
    assert row.state == "failed"


def test_the_same_report_five_times_counts_once(post):
    row = sent()
    assert {post(**report(row, "Success")) for _ in range(5)} == {200}
    assert row.delivery_reports.count() == 1
    assert row.events.filter(kind="delivered").count() == 1


@pytest.mark.parametrize("changes", [{"phoneNumber": "+254704590345"}, {"id": "ATXid_other"}])
def test_id_and_phone_number_must_both_match(post, changes):
    row = sent()
    assert post(**report(row, "Success", **changes)) == 200
    row.refresh_from_db()
    assert row.state == "sent"
    assert DeliveryReport.objects.get().notification is None


def test_a_report_that_lost_its_plus_on_the_way_still_matches(post):
    row = sent()
    post(**report(row, "Success", phoneNumber=row.recipient.replace("+", " ")))
    row.refresh_from_db()
    assert row.state == "delivered"


def test_a_report_that_overtakes_the_answer_is_applied_when_the_answer_comes(post):
    row, queue = queued(), queue_to("sms", "africastalking")
    [claimed] = claim(queue, limit=1)
    claimed.provider_reference = "ATXid_1"
    assert post(**report(claimed, "Success")) == 200
    queue.record_results([(claimed, Disposition("sent", Done("ATXid_1")))])
    row.refresh_from_db()
    assert row.state == "delivered"


def test_a_report_that_was_recorded_at_the_same_instant_is_found_by_the_sweeper(post):
    row = sent()
    DeliveryReport.objects.create(
        provider="africastalking",
        reference=row.provider_reference,
        recipient=row.recipient,
        status="Success",
        state="delivered",
    )
    assert apply_parked_reports() == 1
    row.refresh_from_db()
    assert row.state == "delivered"
    assert apply_parked_reports() == 0


def test_a_parked_report_is_applied_once_it_comes_again(post):
    row = sent()
    form = report(row, "Success")
    Notification.objects.filter(pk=row.pk).update(provider_reference="")
    post(**form)
    Notification.objects.filter(pk=row.pk).update(provider_reference=row.provider_reference)
    post(**form)
    row.refresh_from_db()
    assert row.state == "delivered"


@pytest.mark.parametrize("kind", ["delivery", "opt-out"])
@pytest.mark.parametrize("token", ["wrong", "tést", "%00", "x" * 3000])
def test_a_wrong_token_is_refused_and_nothing_has_changed(post, kind, token):
    row = sent()
    assert post(kind, token, **report(row, "Success")) == 404
    row.refresh_from_db()
    assert row.state == "sent"
    assert DeliveryReport.objects.count() == OptOut.objects.count() == 0


def test_without_a_token_of_ours_nobody_gets_in(post, settings):
    settings.AFRICAS_TALKING_CALLBACK_TOKEN = ""
    row = sent()
    assert post("delivery", "", **report(row, "Success")) == 404


@pytest.mark.parametrize(
    "form",
    [
        {"id": "x"},
        {"id": "", "status": "Success", "phoneNumber": "+254704590344"},
        {"id": "a b", "status": "Success", "phoneNumber": "+254704590344"},
        {"id": "x" * 101, "status": "Success", "phoneNumber": "+254704590344"},
        {"id": "x", "status": "Suc\x00cess", "phoneNumber": "+254704590344"},
        {"id": "x", "status": "x" * 41, "phoneNumber": "+254704590344"},
        {"id": "x", "status": "Success", "phoneNumber": "nobody"},
        {"id": "x", "status": "Delivery-Failed 2", "phoneNumber": "+254704590344"},
        {"id": "x", "status": "Postponed", "phoneNumber": "+254704590344"},
        {"id": "x", "status": "", "phoneNumber": "+254704590344"},
    ],
)
def test_what_is_not_understood_is_kept_and_before_staff(post, form):
    """Who answers 400 again and again is called no more."""
    assert [post(**form), post(**form)] == [200, 200]
    kept = DeliveryReport.objects.get()
    assert (kept.status, kept.state, bytes(kept.raw or b"")) == (
        "not understood",
        "",
        urlencode(form).encode(),
    )
    case = Case.objects.get()
    assert (case.kind, case.source) == ("reports-not-understood", "africastalking")
    assert "nobody" not in case.happened + kept.reason


def test_a_long_reason_costs_no_status(post):
    row = sent()
    assert post(**report(row, "Failed", failureReason="x" * 201)) == 200
    row.refresh_from_db()
    assert (row.state, len(DeliveryReport.objects.get().reason)) == ("failed", 200)


@pytest.mark.parametrize("status", ["Sent", "Submitted", "Buffered"])
def test_what_is_on_its_way_is_no_case(post, status):
    assert post(**report(sent(), status)) == 200
    assert not Case.objects.exists()


def test_set_aside_it_stays_kept_and_the_same_is_no_case_again(post):
    form = {"id": "x", "status": "Postponed", "phoneNumber": "+254704590344"}
    post(**form)
    unreadable.set_aside(Circuit.objects.get(), by="user:1 ann", reason="They know")
    reconcile()
    post(**form)
    assert Case.objects.get().closed_at
    assert DeliveryReport.objects.get().set_aside_at is not None
    post(**form | {"id": "y"})
    assert Case.objects.filter(closed_at=None).count() == 1


def test_the_sweeper_opens_the_case_that_was_forgotten(post):
    post(id="x", status="Postponed", phoneNumber="+254704590344")
    Case.objects.all().delete()
    reconcile()
    assert Case.objects.get().kind == "reports-not-understood"


def test_so_many_are_kept_and_no_more(post, monkeypatch):
    monkeypatch.setattr("notifications.delivery.incoming.unreadable.MOST", 2)
    for name in "abc":
        post(id=name, status="Postponed", phoneNumber="+254704590344")
    kept = [bytes(row.raw or b"")[:4] for row in DeliveryReport.objects.order_by("id")]
    assert kept == [b"id=b", b"id=c"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"\xff\xfe\x00", FORM, 200),
        (b"&&&===", FORM, 200),
        (b"a=1&" * 2000, FORM, 200),
        (b"id=" + b"x" * 65_536, FORM, 413),
        (b'{"id": "x"}', "application/json", 415),
        (b"id=x", "text/plain", 415),
    ],
    ids=["binary", "empty pairs", "many fields", "large", "json", "text"],
)
def test_what_is_too_large_or_no_form_is_refused(post, settings, body, content_type, status):
    token = settings.AFRICAS_TALKING_CALLBACK_TOKEN
    url = f"/api/v1/webhooks/africastalking/{token}/delivery/"
    answer = APIClient().post(url, body, content_type=content_type)
    assert answer.status_code == status
    assert DeliveryReport.objects.count() == (status == 200)


def test_an_opt_out_of_nobody_is_kept(post):
    assert post("opt-out", senderId="Dosette", phoneNumber="0") == 200
    assert DeliveryReport.objects.get().reason == "phoneNumber: invalid"


@pytest.mark.parametrize("twice", ["status=Success&status=Failed", "status=Failed&status=Success"])
def test_a_field_that_stands_twice_says_nothing(post, settings, twice):
    row = sent()
    form = urlencode({"id": row.provider_reference, "phoneNumber": row.recipient})
    url = f"/api/v1/webhooks/africastalking/{settings.AFRICAS_TALKING_CALLBACK_TOKEN}/delivery/"
    answer = APIClient().post(url, f"{form}&{twice}", content_type=FORM)
    row.refresh_from_db()
    assert (answer.status_code, row.state) == (200, "sent")
    assert bytes(DeliveryReport.objects.get().raw or b"") == f"{form}&{twice}".encode()
    assert Case.objects.get().kind == "reports-not-understood"


def test_any_accept_header_is_fine(post, settings):
    row = sent()
    token = settings.AFRICAS_TALKING_CALLBACK_TOKEN
    url = f"/api/v1/webhooks/africastalking/{token}/delivery/"
    body = urlencode(report(row, "Success"))
    answer = APIClient().post(url, body, content_type=FORM, headers={"accept": "text/html"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_an_opt_out_stops_what_waits_and_what_comes(post):
    row = queued()
    assert post("opt-out", phoneNumber=row.recipient, senderId="DOSETTE") == 200
    row.refresh_from_db()
    assert row.state == "suppressed"
    assert row.events.latest("id").kind == "suppressed"
    assert notify(row.customer, message="Hello", channel="sms").state == "suppressed"
    assert dispatch() == 0


def test_opting_out_twice_is_opting_out_once(post):
    for _ in range(3):
        assert post("opt-out", phoneNumber="+254704590344") == 200
    assert OptOut.objects.get().recipient == "+254704590344"


def test_an_opt_out_leaves_others_alone(post):
    other = queued(phone_number="+254704590345")
    post("opt-out", phoneNumber="+254704590344")
    other.refresh_from_db()
    assert other.state == "queued"


def test_a_report_of_the_blacklist_is_an_opt_out(post):
    row = sent()
    post(**report(row, "Rejected", failureReason="UserInBlackList"))
    assert OptOut.objects.get().recipient == row.recipient


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(
    ("digits", "state"),
    [("0344", "delivered"), ("9601", "failed"), ("9602", "failed"), ("9606", "delivered")],
)
def test_A6_the_whole_road_of_a_message_is_real_http_on_loopback(
    live_server, settings, digits, state
):
    with running_sandbox(web_url=live_server.url, events=False) as world:
        settings.AFRICAS_TALKING_BASE_URL = f"{world.url}/africastalking"
        settings.AFRICAS_TALKING_API_KEY = world.config.africas_talking_api_key
        settings.AFRICAS_TALKING_CALLBACK_TOKEN = world.config.africas_talking_callback_token
        settings.SMS_PROVIDER = ["africastalking"]
        row = queued(phone_number=f"+25470459{digits}")
        dispatch("sms", "africastalking")
        wait_until(lambda: DeliveryReport.objects.count() == 2)
    apply_parked_reports()
    row.refresh_from_db()
    assert row.state == state


def test_the_history_says_who_did_what(post):
    row = sent()
    post(**report(row, "Success"))
    told = NotificationEvent.objects.filter(notification=row).values_list(
        "kind", "from_state", "to_state", "actor"
    )
    assert list(told) == [
        ("composed", "", "queued", "system"),
        ("sent", "sending", "sent", "system"),
        ("delivered", "sent", "delivered", "africastalking"),
    ]
