"""A customer as whoever places an order reads them."""

import pytest

from customers import reading
from customers.models import Customer
from customers.reading import LARGEST_KEY, with_default_address
from customers.tests.factories import AddressFactory, CustomerFactory

pytestmark = pytest.mark.django_db


def test_the_default_address_comes_with_its_customer_in_one_statement(django_assert_num_queries):
    home, bo = AddressFactory.create(), CustomerFactory.create()
    AddressFactory.create(customer=home.customer, is_default=False)
    with django_assert_num_queries(2):
        ada, other = with_default_address(home.customer_id), with_default_address(bo.pk)
        assert ada.default_address == home
        assert other.default_address is None


def test_what_is_read_is_the_whole_customer():
    kept = CustomerFactory.create(language="sw", channel="email")
    found = with_default_address(kept.pk)
    names = [field.attname for field in Customer._meta.concrete_fields]
    assert [getattr(found, name) for name in names] == [getattr(kept, name) for name in names]


@pytest.mark.parametrize("pk", [0, LARGEST_KEY, LARGEST_KEY + 1])
def test_nobody_is_found_by_a_key_that_nobody_has(pk):
    with pytest.raises(Customer.DoesNotExist):
        with_default_address(pk)


def test_an_address_that_is_not_the_default_does_not_stand_in_for_it():
    ada = CustomerFactory.create()
    AddressFactory.create(customer=ada, is_default=False)
    assert with_default_address(ada.pk).default_address is None


def test_what_was_read_is_asked_no_more(django_assert_num_queries):
    home = AddressFactory.create()
    found = with_default_address(home.customer_id)
    with django_assert_num_queries(0):
        assert found.default_address == home
    home.delete()
    assert with_default_address(home.customer_id).default_address is None


@pytest.fixture
def shouted(monkeypatch):
    """What was read along with customers: their names, loudly."""
    heard: dict[str, str] = {}
    monkeypatch.setattr(reading, "_alongside", [])
    reading.read_along("upper(c.name)", lambda customer, name: heard.update({customer.code: name}))
    reading.read_along("%(now)s IS NOT NULL", lambda customer, is_known: heard.update(now=is_known))
    yield heard
    reading._statement.cache_clear()


def test_others_have_facts_read_along_in_the_same_statement(shouted, django_assert_num_queries):
    home = AddressFactory.create(customer=CustomerFactory.create(name="Ada"))
    with django_assert_num_queries(1):
        found = with_default_address(home.customer_id)
    assert found.default_address == home
    assert shouted == {found.code: "ADA", "now": True}
