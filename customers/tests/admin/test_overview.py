"""What a customer's page and timeline tell of the customer."""

import pytest
from django.test import Client

from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def timeline(django_assert_max_num_queries):
    client = Client()
    client.force_login(staff("manager"))

    def read(customer: Customer, statements: int = 40) -> str:
        with django_assert_max_num_queries(statements):
            answer = client.get(f"/admin/customers/customer/{customer.pk}/timeline/")
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return read


def test_the_timeline_names_the_fields_that_were_changed_and_shows_no_values(timeline):
    customer = CustomerFactory.create(name="Ada Before", email="ada@example.com")
    customer.name = "Ada After"
    customer.save()
    customer.email, customer.language = "new@example.com", "fr"
    customer.save()
    text = timeline(customer)
    assert text.count("Customer changed") == 2
    assert text.index("Language") < text.index(">Name<")  # the latest first
    assert "Ada Before" not in text
    assert "ada@example.com" not in text
    assert f"/admin/customers/customer/{customer.pk}/history/" in text
    assert text.count("Became a customer") == 1


def test_addresses_are_told_too_and_those_of_others_are_not(timeline):
    customer, other = CustomerFactory.create_batch(2)
    address = AddressFactory.create(customer=customer)
    address.city = "Leeds"
    address.save()
    AddressFactory.create(customer=other).delete()
    text = timeline(customer)
    assert "Address added" in text
    assert "Address changed" in text
    assert ">City<" in text
    assert "deleted" not in text
    assert "Address deleted" in timeline(other)


def test_it_costs_the_same_however_many_changes_there_are(timeline):
    customer = CustomerFactory.create()
    timeline(customer)
    for number in range(12):
        customer.name = f"Name {number}"
        customer.save()
    assert timeline(customer).count("Customer changed") == 12
