"""Customers and their addresses."""

from customers.models.address_lines import (
    ADDRESS_FIELDS,
    CITY_STATES,
    LONGEST_LINE,
    NEEDS_POSTCODE,
    AddressLines,
    canonical_address,
)
from customers.models.addresses import RECIPIENT_SEARCH_VECTOR, Address
from customers.models.customers import CUSTOMER_SEARCH_VECTOR, PREFERENCES, Customer, new_code

__all__ = [
    "ADDRESS_FIELDS",
    "CITY_STATES",
    "CUSTOMER_SEARCH_VECTOR",
    "LONGEST_LINE",
    "NEEDS_POSTCODE",
    "PREFERENCES",
    "RECIPIENT_SEARCH_VECTOR",
    "Address",
    "AddressLines",
    "Customer",
    "canonical_address",
    "new_code",
]
