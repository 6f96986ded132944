"""By which channels a customer can be reached, and what is said of one by which they cannot."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from customers import contact_channels
from customers.models import Customer

ADA = Customer(name="Ada", phone_number="+254704590344", email="")


def problem(customer: Customer, name: str) -> tuple[str, str]:
    """The code and text of the refusal, which stands on `channel`."""
    with pytest.raises(ValidationError) as caught:
        contact_channels.check(customer, name)
    [error] = caught.value.error_dict["channel"]
    assert set(caught.value.error_dict) == {"channel"}
    return str(error.code), str(error.message)


def test_who_has_what_a_channel_needs_may_be_reached_by_it():
    contact_channels.check(ADA, "sms")
    contact_channels.check(Customer(name="Bo", email="bo@example.com"), "email")


@pytest.mark.parametrize(
    ("customer", "channel", "lacks"),
    [
        (Customer(name="Bo", email="bo@example.com"), "sms", "phone number"),
        (ADA, "email", "e-mail address"),
    ],
)
def test_what_a_customer_lacks_is_named(customer, channel, lacks):
    code, text = problem(customer, channel)
    assert code == "unreachable"
    assert lacks in text
    assert "Ada" not in text


@pytest.mark.parametrize("name", ["", "SMS", "pigeon", "sms ", "x" * 500])
def test_a_channel_that_there_is_not_is_refused_with_those_that_there_are(name):
    code, text = problem(ADA, name)
    assert code == "unknown"
    assert {"sms", "email"} <= set(text.rpartition(": ")[2].rstrip(".").split(", "))


def test_an_address_that_a_channel_sends_nothing_to_is_refused_in_its_words(monkeypatch):
    class Pigeon:
        """A channel that refuses."""

        name, label, missing = "pigeon", "Pigeon", "loft"

        def recipient(self, customer: Customer) -> str:
            return customer.name

        def refusal(self, recipient: str) -> str:
            return "No pigeon finds it." if recipient == "Ada" else ""

    monkeypatch.setattr(contact_channels, "_channels", {})
    pigeon: Any = Pigeon()
    contact_channels.register(pigeon)
    assert problem(ADA, "pigeon") == ("unreachable", "No pigeon finds it.")
    contact_channels.check(Customer(name="Bo"), "pigeon")
    assert contact_channels.choices() == [("pigeon", "Pigeon")]
    assert problem(Customer(name=""), "pigeon")[1].startswith("This customer has no loft.")


def test_where_no_channel_is_registered_none_is_named(monkeypatch):
    monkeypatch.setattr(contact_channels, "_channels", {})
    assert problem(ADA, "sms") == ("unknown", "There is no such channel. Use one of: none.")
    assert contact_channels.choices() == []


def test_what_can_carry_messages_is_offered_by_its_name_and_label():
    offered = dict(contact_channels.choices())
    assert offered["sms"] == "SMS"
    assert {"sms", "email"} <= set(offered)
    assert all(label and name.isascii() and len(name) <= 20 for name, label in offered.items())
