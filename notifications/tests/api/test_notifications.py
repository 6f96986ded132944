"""Notifications over HTTP."""

import json
import re
from typing import Any

import pytest

from customers.tests.factories import CustomerFactory
from identity.tests.factories import client_named
from notifications.api.serializers import NewNotificationSerializer
from notifications.models import Notification, OptOut
from notifications.tests.factories import queued, sent
from orders.tests.factories import placed_sale

pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/"


def body(**changes: object) -> dict[str, object]:
    """A good request."""
    return {"customer": CustomerFactory.create().pk, "message": "Hello", "channel": "sms"} | changes


def test_a_message_is_queued_in_the_callers_name(api):
    answer = api("notifications:write").post(URL, body(), format="json")
    assert answer.status_code == 201
    row = Notification.objects.get()
    assert answer.data["status"] == "queued"
    assert answer["Location"] == f"{URL}{row.pk}/"
    assert row.events.get().actor == client_named("test")


def test_it_is_shown_as_the_interface_says(api, sandbox):
    row = sent(phone_number="+254704590344")
    answer = api("notifications:read").get(f"{URL}{row.pk}/")
    assert answer.status_code == 200
    assert {name: answer.data[name] for name in ("id", "customer", "channel", "recipient")} == {
        "id": row.pk,
        "customer": row.customer_id,
        "channel": "sms",
        "recipient": "+254704590344",
    }
    assert (answer.data["status"], answer.data["attempts"]) == ("sent", 1)
    assert answer.data["sent_at"].endswith("Z") or "+" in answer.data["sent_at"]
    assert answer.data["delivered_at"] is None
    assert answer.data["message"] == "Hello"


def test_the_channel_may_be_left_out(api):
    request = body()
    del request["channel"]
    assert api().post(URL, request, format="json").data["channel"] == "email"


def test_who_has_opted_out_gets_a_suppressed_one_with_the_reason(api):
    OptOut.objects.create(channel="sms", recipient="+254704590344")
    answer = api().post(URL, body(), format="json")
    assert (answer.status_code, answer.data["status"]) == (201, "suppressed")
    assert "opted out" in answer.data["reason"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"customer": 0}, "customer"),
        ({"customer": 999_999}, "customer"),
        ({"customer": 2**63}, "customer"),
        ({"customer": "1"}, "customer"),
        ({"customer": True}, "customer"),
        ({"customer": 1.5}, "customer"),
        ({"customer": None}, "customer"),
        ({"message": ""}, "message"),
        ({"message": "   "}, "message"),
        ({"message": "x" * 2001}, "message"),
        ({"message": "a\u0000b"}, "message"),
        ({"message": "a\u001bb"}, "message"),
        ({"message": "\u001fa"}, "message"),
        ({"message": "\ud800"}, "message"),
        ({"message": 5}, "message"),
        ({"message": None}, "message"),
        ({"channel": "fax"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"channel": 1}, "channel"),
        ({"channel": ["sms"]}, "channel"),
        ({"status": "sent"}, "status"),
        ({"recipient": "+254704590344"}, "recipient"),
    ],
)
def test_bad_input_is_a_400_that_names_the_field(api, changes, field):
    text = json.dumps(body(**changes))
    answer = api().post(URL, text, content_type="application/json")
    assert answer.status_code == 400
    assert answer.data["errors"][0]["attr"] == field
    assert Notification.objects.count() == 0


@pytest.mark.parametrize(
    "message",
    ["", " ", "\t\n", "a", " a\r\nb ", "a\rb", "\x1fa", "a\x85", "\u2028", "ü\n", "x" * 2001],
)
def test_the_document_says_of_each_message_what_the_service_does(api, message):
    said = _document(NewNotificationSerializer().fields["message"])
    fits = len(message) <= said["maxLength"] and bool(re.search(said["pattern"], message))
    answer = api().post(URL, body(message=message), format="json")
    assert (answer.status_code == 201) is fits


def _document(field: object) -> dict[str, Any]:
    return field._spectacular_annotation["field"]  # type: ignore[attr-defined,no-any-return]  # the library's own


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_customer_it_does_not_reach_is_a_400(api, channel):
    customer = CustomerFactory.create(phone_number="", email="")
    answer = api().post(URL, body(customer=customer.pk, channel=channel), format="json")
    assert answer.status_code == 400
    assert answer.data["errors"][0]["attr"] == "channel"


def test_the_same_key_sends_one_message(api):
    client, request = api(), body()
    first, second = (
        client.post(URL, request, format="json", headers={"Idempotency-Key": "k1"})
        for _ in range(2)
    )
    assert first.data["id"] == second.data["id"]
    assert Notification.objects.count() == 1


@pytest.mark.parametrize(
    ("scopes", "status"), [((None,), 401), (("orders:write",), 403), (("notifications:read",), 403)]
)
def test_an_outsider_sends_nothing(api, scopes, status):
    assert api(*scopes).post(URL, body(), format="json").status_code == status
    assert Notification.objects.count() == 0


@pytest.mark.parametrize(("scopes", "status"), [((None,), 401), (("notifications:write",), 403)])
def test_an_outsider_reads_nothing(api, scopes, status):
    row = queued()
    for url in (URL, f"{URL}{row.pk}/"):
        answer = api(*scopes).get(url)
        assert answer.status_code == status
        assert row.recipient not in answer.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_what_was_said_is_not_changed(api, method):
    row = queued()
    answer = getattr(api(), method)(f"{URL}{row.pk}/", {"message": "x"}, format="json")
    assert answer.status_code == 405
    row.refresh_from_db()
    assert row.message == "Hello"


@pytest.mark.parametrize("key", ["0", "999999999", str(2**63), "9" * 400, "abc", "1.5", "%00"])
def test_a_key_that_does_not_exist_is_a_404(api, key):
    assert api().get(f"{URL}{key}/").status_code == 404


def ids_of(api, query: str) -> list[int]:
    answer = api().get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.data
    return [each["id"] for each in answer.data["results"]]


def test_the_list_is_filtered(api, sandbox):
    done = sent("email")
    waits = queued("sms")
    order = placed_sale(CustomerFactory.create())
    told = Notification.objects.get(order=order)
    assert ids_of(api, f"customer={done.customer_id}") == [done.pk]
    assert ids_of(api, "status=sent") == [done.pk]
    assert ids_of(api, "channel=sms") == [told.pk, waits.pk]
    assert ids_of(api, f"order={order.pk}") == [told.pk]
    assert ids_of(api, "shipment=1") == []
    assert ids_of(api, "created_before=2020-01-01T00:00:00Z") == []
    assert len(ids_of(api, "created_after=2020-01-01T00:00:00Z")) == 3
    assert ids_of(api, "ordering=id&page_size=2") == [done.pk, waits.pk]


def test_the_list_is_searched_by_customer(api):
    row = queued(name="Wanjiru Kamau")
    queued(name="Somebody else")
    assert ids_of(api, "search=wanj") == [row.pk]


@pytest.mark.parametrize(
    "query",
    [
        "status=gone",
        "channel=fax",
        "customer=x",
        f"customer={2**63}",
        "customer=%00",
        "ordering=message",
        "page_size=0",
        "search=%00",
    ],
)
def test_a_bad_query_is_a_400(api, query):
    assert api().get(f"{URL}?{query}").status_code == 400


@pytest.mark.parametrize("many", [2, 20])
def test_the_list_takes_a_constant_number_of_queries(api, many, django_assert_num_queries):
    client = api("notifications:read")
    for _ in range(many):
        queued()
    with django_assert_num_queries(2):  # who calls, and the page
        assert len(client.get(URL).data["results"]) == many
