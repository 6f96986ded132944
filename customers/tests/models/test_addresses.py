"""The address book."""

import pytest
from django.db import IntegrityError, transaction

from customers.models import (
    Address,
)
from customers.tests.factories import AddressFactory, CustomerFactory

LONDON = {
    "recipient": "John Doe",
    "line_1": "179 Harrow Road",
    "line_2": "",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}


def test_the_database_allows_one_default_address(db):
    home = AddressFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        AddressFactory.create(customer=home.customer)
    AddressFactory.create()
    assert Address.objects.filter(is_default=True).count() == 2


def test_the_default_address_is_ones_own(db):
    AddressFactory.create()
    ada = CustomerFactory.create()
    AddressFactory.create(customer=ada, is_default=False)
    assert ada.default_address is None
    home = AddressFactory.create(customer=ada)
    assert ada.default_address == home


def test_an_address_in_a_log_names_no_street():
    address = Address(**LONDON)
    assert str(address) == "John Doe, London"
    assert address.on_one_line() == "John Doe, 179 Harrow Road, London, W2 6NB, GB"


def test_whoever_has_no_default_address_has_none(db):
    customer = CustomerFactory.create()
    AddressFactory.create(customer=customer, is_default=False)
    assert customer.default_address is None


def test_a_default_address_that_was_read_along_is_not_asked_for_again(
    db, django_assert_num_queries
):
    address = AddressFactory.create(is_default=True)
    customer = address.customer
    with django_assert_num_queries(1):
        assert customer.default_address == address
    customer.known_default_address = address
    with django_assert_num_queries(0):
        assert customer.default_address == address
    customer.known_default_address = None
    with django_assert_num_queries(0):
        assert customer.default_address is None


def test_an_address_on_one_line_leaves_out_what_is_empty():
    address = Address(recipient="Jane Doe", line_1="1 High St", city="Gibraltar", country="GI")
    assert address.on_one_line() == "Jane Doe, 1 High St, Gibraltar, GI"
