"""By which channel, address and service a message goes, or why by none."""

import pytest

from customers.models import Customer
from customers.reading import with_default_address
from customers.tests.factories import CustomerFactory
from notifications.channels.webpush.devices import PushSubscription, latest_device
from notifications.models import OptOut
from notifications.policy.channel_selection import (
    Route,
    choose,
    provider_for,
    read_contacts,
    routes_to,
)

ADA = {"phone_number": "+254704590344", "email": "ada@example.com"}
OPEN = {name: Route(name, f"{name}-address", "gateway") for name in ("email", "sms")}
SHUT = Route("push", obstacle="The customer has no device.")


@pytest.fixture(autouse=True)
def _services(settings):
    settings.SMS_PROVIDER, settings.EMAIL_PROVIDER = ["gateway", "console"], ["gateway"]


def test_a_route_names_the_address_and_the_preferred_service(db):
    routes = routes_to(CustomerFactory.create(**ADA))
    assert routes["sms"] == Route("sms", "+254704590344", "gateway")
    assert routes["email"] == Route("email", "ada@example.com", "gateway")


def test_the_next_service_is_preferred_when_the_setting_says_so(settings):
    settings.SMS_PROVIDER = ["console", "gateway"]
    assert provider_for("sms") == "console"
    settings.SMS_PROVIDER = [" gateway ", "nobody"]
    assert provider_for("sms") == "gateway"
    settings.SMS_PROVIDER = ["nobody"]
    assert provider_for("sms") == ""


@pytest.mark.parametrize(
    ("change", "channel", "obstacle"),
    [
        ({"phone_number": ""}, "sms", "The customer has no phone number."),
        ({"email": ""}, "email", "The customer has no e-mail address."),
        ({"email": "not one"}, "email", "The customer has no e-mail address."),
        ({"phone_number": "+999123"}, "sms", "The customer has no phone number."),
    ],
)
def test_what_stands_in_the_way_is_said_and_no_address_is_given(db, change, channel, obstacle):
    route = routes_to(CustomerFactory.create(**ADA | change))[channel]
    assert (route.obstacle, route.recipient, route.provider) == (obstacle, "", "")


def test_a_channel_that_nobody_carries_says_so_before_anything_else(db, settings):
    settings.SMS_PROVIDER = []
    route = routes_to(CustomerFactory.create(phone_number=""))["sms"]
    assert route.obstacle == "No service carries SMS at the moment."


def test_a_country_that_gets_no_sms_is_named(db, settings):
    settings.SMS_COUNTRIES = ["GB"]
    assert "only to GB" in routes_to(CustomerFactory.create(**ADA))["sms"].obstacle


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (["sms"], "sms"),
        (["sms", "email"], "sms"),
        (["push", "sms"], "sms"),
        ([], "email"),
        (["", "sms"], "sms"),
        (["pigeon"], "email"),
        (["push"], "email"),
    ],
)
def test_the_first_wanted_one_that_is_open_is_chosen_else_any(wanted, chosen):
    assert choose(OPEN | {"push": SHUT}, wanted).channel == chosen


def test_where_none_is_open_the_wanted_one_tells_of_all_obstacles():
    shut = {name: Route(name, obstacle=f"No {name}.") for name in ("email", "sms")}
    route = choose(shut, ["sms"])
    assert (route.channel, route.recipient) == ("sms", "")
    assert route.obstacle == "No email. No sms."


def heard_after(customer, django_assert_num_queries, statements):
    """What is read of a customer who was read for an order: devices, and which addresses refuse."""
    read = with_default_address(customer.pk)
    with django_assert_num_queries(statements):
        refused = read_contacts([read])
    assert refused == read_contacts([Customer.objects.get(pk=customer.pk)])
    return read, refused


def test_contacts_are_read_with_the_customer(db, django_assert_num_queries):
    ada = CustomerFactory.create(email="Ada@Example.com", phone_number="+254722000001")
    OptOut.objects.create(channel="email", recipient="ada@example.com")
    OptOut.objects.create(channel="sms", recipient="ada@example.com")
    _, refused = heard_after(ada, django_assert_num_queries, 0)
    assert refused == {("email", "ada@example.com")}


def test_devices_are_read_with_the_customer(db, settings, django_assert_num_queries):
    ada = CustomerFactory.create()
    device = PushSubscription.objects.create(customer=ada, endpoint="e", name="D-One")
    OptOut.objects.create(channel="push", recipient="d-one")
    read, refused = heard_after(ada, django_assert_num_queries, 0)
    with django_assert_num_queries(0):
        assert latest_device(read) == device.name
    assert refused == {("push", "d-one")}


def test_an_address_that_is_kept_in_another_spelling_is_asked_for(db, django_assert_num_queries):
    ada = CustomerFactory.create()
    Customer.objects.update(email="ada@xn--bcher-kva.example")
    OptOut.objects.create(channel="email", recipient="ada@bücher.example")
    _, refused = heard_after(ada, django_assert_num_queries, 1)
    assert refused == {("email", "ada@bücher.example")}
