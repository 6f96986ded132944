"""Customers for tests."""

import factory
from factory.declarations import Sequence, SubFactory

from customers.models import Address, Customer


class CustomerFactory(factory.django.DjangoModelFactory[Customer]):
    """A customer who can be reached by phone and by e-mail."""

    class Meta:
        model = Customer

    name = Sequence(lambda n: f"Customer {n}")
    phone_number = "+254704590344"
    email = Sequence(lambda n: f"customer{n}@example.com")


class AddressFactory(factory.django.DjangoModelFactory[Address]):
    """The default address of a customer: the one of shipment_request.json."""

    class Meta:
        model = Address

    customer = SubFactory(CustomerFactory)
    recipient = "John Doe"
    line_1 = "The battleship building"
    line_2 = "179 harrow road"
    city = "London"
    postcode = "W2 6NB"
    country = "GB"
    is_default = True
