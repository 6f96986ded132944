"""Devices for push messages over HTTP."""

import pytest

from customers.tests.factories import CustomerFactory
from notifications.channels.webpush.devices import public_key
from notifications.channels.webpush.tests.test_transport import HOSTILE
from notifications.models import PushSubscription

pytestmark = pytest.mark.django_db
URL = "/api/v1/push-subscriptions/"


@pytest.fixture
def subscription(sandbox):
    """What a browser subscribes with."""
    return sandbox.call("POST", "/push/subscriptions", b"")


def test_a_device_is_kept_and_its_secrets_are_not_shown_again(api, subscription):
    customer = CustomerFactory.create()
    answer = api().post(URL, subscription | {"customer": customer.pk}, format="json")
    assert answer.status_code == 201, answer.content
    row = PushSubscription.objects.get()
    assert answer.json() == {
        "id": row.pk,
        "customer": customer.pk,
        "name": row.name,
        "service": "127.0.0.1",
        "confirmed_at": answer.json()["confirmed_at"],
        "expires_at": None,
    }
    assert answer["Location"] == f"{URL}{row.pk}/"
    assert subscription["keys"]["auth"] not in api().get(URL).content.decode()


def test_told_again_by_somebody_else_it_is_theirs(api, subscription):
    one, other = CustomerFactory.create(), CustomerFactory.create()
    for customer in (one, other):
        api().post(URL, subscription | {"customer": customer.pk}, format="json")
    assert PushSubscription.objects.get().customer == other


@pytest.mark.parametrize("endpoint", [each for each in HOSTILE if each])
def test_a_hostile_endpoint_is_a_400_by_name(api, subscription, endpoint):
    body = subscription | {"customer": CustomerFactory.create().pk, "endpoint": endpoint}
    answer = api().post(URL, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "endpoint"
    assert PushSubscription.objects.count() == 0


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"p256dh": "", "auth": ""},
        {"p256dh": "AAAA", "auth": "AAAA"},
        {"p256dh": "B" + "A" * 86, "auth": "A" * 22},
        {"p256dh": "é" * 87, "auth": "é" * 22},
        {"p256dh": 1, "auth": None},
        {"p256dh": "x" * 1000, "auth": "x" * 1000},
    ],
)
def test_keys_that_are_none_are_a_400(api, subscription, keys):
    body = subscription | {"customer": CustomerFactory.create().pk, "keys": keys}
    assert api().post(URL, body, format="json").status_code == 400
    assert PushSubscription.objects.count() == 0


def test_a_device_is_removed(api, subscription):
    api().post(URL, subscription | {"customer": CustomerFactory.create().pk}, format="json")
    row = PushSubscription.objects.get()
    assert api().delete(f"{URL}{row.pk}/").status_code == 204
    assert PushSubscription.objects.count() == 0


def test_who_may_only_read_changes_nothing(api, subscription):
    body = subscription | {"customer": CustomerFactory.create().pk}
    reader = api("notifications:read")
    assert reader.post(URL, body, format="json").status_code == 403
    assert PushSubscription.objects.count() == 0
    assert api("orders:read").get(URL).status_code == 403


def test_the_key_that_browsers_subscribe_with(api, settings):
    assert api().get(f"{URL}key/").json() == {"key": public_key()}
    settings.PUSH_PROVIDER = []
    assert api().get(f"{URL}key/").json() == {"key": ""}


def test_a_page_of_devices_takes_a_constant_number_of_queries(
    api, sandbox, django_assert_num_queries
):
    client = api()
    counts = []
    for _ in range(2):
        subscription = sandbox.call("POST", "/push/subscriptions", b"")
        client.post(URL, subscription | {"customer": CustomerFactory.create().pk}, format="json")
        with django_assert_num_queries(2) as asked:
            assert client.get(URL).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
