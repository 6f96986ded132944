"""Demo customers are people as the rules want them, and loading them again changes nothing."""

import pytest

from customers import demo
from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory

pytestmark = pytest.mark.django_db


def test_each_of_them_is_a_customer_by_the_rules():
    demo.load()
    assert set(Customer.objects.values_list("code", flat=True)) == set(demo.people())
    for customer in Customer.objects.all():
        customer.full_clean()


def test_each_address_is_one_that_carriers_take():
    demo.load()
    assert Address.objects.count() == len(demo.addresses())
    for address in Address.objects.all():
        lines = address.address()
        address.full_clean()
        assert address.address() == lines


def test_one_of_them_has_no_address_so_that_an_order_may_wait_for_it():
    demo.load()
    assert Customer.objects.get(code=demo.PRIYA).default_address is None
    assert demo.PRIYA not in demo.addresses()


def test_loading_them_again_changes_nothing_that_somebody_did_meanwhile():
    demo.load()
    Customer.objects.filter(code=demo.AMINA).update(name="Amina Smith")
    Address.objects.filter(customer__code=demo.OLIVER).update(city="Leeds")
    before = [list(model.objects.order_by("pk").values()) for model in (Customer, Address)]
    demo.load()
    assert [list(m.objects.order_by("pk").values()) for m in (Customer, Address)] == before


def test_who_has_a_default_address_keeps_it_as_the_only_one():
    wanjiru = CustomerFactory.create(code=demo.WANJIRU)
    home = AddressFactory.create(customer=wanjiru)
    demo.load()
    assert wanjiru.addresses.get() == home
