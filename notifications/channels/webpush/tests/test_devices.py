"""A customer's devices: the one that is used, whose it is, and what a browser may say of itself."""

import base64
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.channels.webpush import devices
from notifications.channels.webpush.devices import PushSubscription
from notifications.policy.channel_selection import read_contacts

KEY = devices.public_key()
AUTH = base64.urlsafe_b64encode(b"0123456789abcdef").decode().rstrip("=")


def device(customer: Customer, path: str = "a", expires_in: int | None = None) -> PushSubscription:
    expires_at = timezone.now() + timedelta(hours=expires_in) if expires_in is not None else None
    return devices.register(customer, f"https://push.example.com/{path}", KEY, AUTH, expires_at)


def test_our_key_is_a_point_that_browsers_take():
    devices.check_public_key(KEY)
    assert len(devices.decoded(KEY, 65)) == 65


@pytest.mark.parametrize("padding", ["", "=", "=="])
def test_a_secret_is_taken_with_padding_or_without(padding):
    devices.check_auth(AUTH + padding)


@pytest.mark.parametrize(
    "text", ["", "A", AUTH[:-1], AUTH + "AAAA", "é" * 22, AUTH[:-1] + "!", " " + AUTH]
)
def test_what_is_no_secret_of_16_bytes_is_refused(text):
    with pytest.raises(ValidationError, match="16 bytes"):
        devices.check_auth(text)


@pytest.mark.parametrize("text", ["", AUTH, "A" * 87, KEY[:-4], "é" * 87, "B" + KEY[1:-1] + "!"])
def test_what_is_no_point_of_the_curve_is_refused(text):
    with pytest.raises(ValidationError, match=r"P-256"):
        devices.check_public_key(text)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/Q",
        "https://push.example.com:8443/x?y=1",
    ],
)
def test_a_push_service_on_the_internet_is_taken(endpoint):
    devices.check_endpoint(endpoint)


def test_only_a_service_of_ours_may_be_on_this_machine(settings):
    settings.PUSH_TRUSTED_ORIGINS = ["http://127.0.0.1:8001"]
    devices.check_endpoint("http://127.0.0.1:8001/push/1")
    for near in ("http://127.0.0.1:8002/x", "http://127.0.0.1/x", "https://127.0.0.1:8001/x"):
        with pytest.raises(ValidationError):
            devices.check_endpoint(near)


def test_a_trusted_origin_is_no_beginning_of_an_address(settings):
    settings.PUSH_TRUSTED_ORIGINS = ["http://127.0.0.1:800"]
    assert not devices.trusted("http://127.0.0.1:8001/x")
    assert not devices.trusted("http://127.0.0.1:800@evil.example/x")
    assert not devices.trusted("http://[")


def test_a_signature_is_for_the_origin_and_a_list_shows_the_host_alone():
    row = PushSubscription(endpoint="https://push.example.com:8443/secret?x=1")
    assert row.origin == "https://push.example.com:8443"
    assert row.service == "push.example.com"


@pytest.mark.django_db
class TestOfACustomer:
    """What is kept in the database."""

    def test_a_device_has_a_name_of_ours_and_prints_nothing_else(self):
        row = device(CustomerFactory.create())
        assert row.name.startswith("D-")
        assert "push.example.com" not in str(row) + repr(row)

    def test_told_again_it_is_the_same_device_confirmed_anew(self, time_machine):
        ada = CustomerFactory.create()
        first = device(ada)
        time_machine.move_to(timezone.now() + timedelta(days=1))
        again = device(ada)
        assert (again.pk, again.name) == (first.pk, first.name)
        assert again.confirmed_at > first.confirmed_at

    def test_a_browser_that_another_customer_uses_now_is_theirs_alone(self):
        ada, bo = CustomerFactory.create(), CustomerFactory.create()
        device(ada)
        name = device(bo).name
        assert devices.latest_device(ada) == ""
        assert devices.latest_device(bo) == name

    def test_the_devices_of_others_make_no_room(self, monkeypatch):
        monkeypatch.setattr(devices, "MOST_DEVICES", 2)
        ada, bo = CustomerFactory.create(), CustomerFactory.create()
        kept = device(bo, "bo")
        names = [device(ada, str(n)).name for n in range(4)]
        left = set(PushSubscription.objects.values_list("name", flat=True))
        assert left == {kept.name, *names[2:]}

    def test_the_one_that_was_confirmed_last_and_has_not_run_out_is_used(self, time_machine):
        ada = CustomerFactory.create()
        assert devices.latest_device(ada) == ""
        old = device(ada, "old", expires_in=48)
        time_machine.move_to(timezone.now() + timedelta(minutes=1))
        device(ada, "new", expires_in=1)
        time_machine.move_to(timezone.now() + timedelta(hours=2))
        assert devices.latest_device(ada) == old.name
        time_machine.move_to(timezone.now() + timedelta(hours=48))
        assert devices.latest_device(ada) == ""

    def test_one_that_is_gone_is_forgotten_once(self):
        ada = CustomerFactory.create()
        row, other = device(ada, "a"), device(ada, "b")
        assert devices.named(row.name) == row
        assert devices.forget(row.name)
        assert not devices.forget(row.name)
        assert devices.named(row.name) is None
        assert devices.latest_device(ada) == other.name

    def test_the_devices_of_many_are_read_in_one_statement(self, django_assert_num_queries):
        for n in range(3):
            device(CustomerFactory.create(), str(n))
        customers = list(Customer.objects.order_by("pk"))
        with django_assert_num_queries(1):
            read_contacts(customers)
            names = [devices.latest_device(customer) for customer in customers]
        assert len(set(names)) == 3

    def test_a_deleted_customer_takes_the_devices_along(self):
        row = device(CustomerFactory.create())
        row.customer.delete()
        assert not PushSubscription.objects.exists()
