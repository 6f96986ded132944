"""To which addresses an e-mail goes."""

import pytest
from django.core.exceptions import ValidationError

from customers.models import Customer
from notifications.channels import address_key, readable
from notifications.channels.email import CHANNEL

READ, CODED = "ada@exämple.de", "ada@xn--exmple-cua.de"


@pytest.mark.parametrize("address", ["ada@example.com", "a+b@example.co.ke", "Ada@Example.com"])
def test_it_goes_to_the_customers_address_in_their_spelling(address):
    assert CHANNEL.recipient(Customer(name="Ada", email=address)) == address


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a b@example.com", "a@example.com\n"])
def test_what_is_no_address_is_written_to_by_nobody(address):
    """Older rows hold such."""
    assert CHANNEL.recipient(Customer(name="Ada", email=address)) == ""


@pytest.mark.parametrize("typed", ["ada@example.com", " ada@example.com ", "ada@example.com\t"])
def test_blanks_around_an_address_are_nobodys_mistake(typed):
    assert CHANNEL.clean(typed) == "ada@example.com"


@pytest.mark.parametrize(
    "typed", ["", "nobody", "a@b", "a@example.com, b@example.com", "a\x00@b.co"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError):
        CHANNEL.clean(typed)


def test_a_header_cannot_be_added_by_an_address():
    for sign in ("\n", "\r", "\r\n", "%0a"):
        address = f"ada@example.com{sign}Bcc: eve@example.com"
        assert CHANNEL.recipient(Customer(name="Ada", email=address)) == ""


@pytest.mark.parametrize("spelling", [READ, CODED, READ.upper(), CODED.upper()])
def test_all_spellings_of_an_address_are_compared_as_one(spelling):
    assert address_key(spelling) == READ


def test_what_is_no_address_is_compared_as_it_is():
    assert address_key("+254704590344") == "+254704590344"
    assert readable("D-7K3M9QXT2B") == "D-7K3M9QXT2B"
    assert address_key("not@an@address") == "not@an@address"
