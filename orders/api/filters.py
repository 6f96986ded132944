"""How orders and products are filtered and found."""

import re
from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from core.api.filters import (
    LARGEST_ID,
    FilterForm,
    FilterSet,
    IdFilter,
    OurNumberFilter,
    TimeFilter,
    TokenFilter,
)
from core.database.matches import newest_matches
from core.values.text import code, reference
from customers.search.customers import MOST_CUSTOMERS, newest_matching, sent_to
from orders.models import Order, Product, ProductKind, ShippingInterval
from orders.states import OrderState

MOST_ORDERS = 1000  # whose parcels are searched
# co-1, 1, and the references of its parcels: co-1.0, co-1-r2.
_NUMBER = re.compile(r"(?:co-?([0-9]{1,19})(?:[.-][a-z0-9.-]+)?|([0-9]{1,19}))", re.ASCII)


class OrderFilter(FilterSet):
    """By number, customer, status, kit type, interval and time."""

    number = OurNumberFilter()
    customer = IdFilter(field_name="customer_id", help_text="The customer's id.")
    status = django_filters.ChoiceFilter(field_name="state", choices=OrderState.choices)
    kit_type = TokenFilter(method="by_kit_type", help_text="In capitals or not.")
    shipping_interval = django_filters.ChoiceFilter(choices=ShippingInterval.choices)
    time_after = TimeFilter(field_name="time", lookup_expr="gte", help_text="Then or later.")
    time_before = TimeFilter(field_name="time", lookup_expr="lt", help_text="Earlier than that.")

    class Meta:
        model = Order
        form = FilterForm
        fields: list[str] = []

    def by_kit_type(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """The orders with a kit of this item number; such numbers are written in one case."""
        value = code(value)
        return queryset.filter(kit_type__in={value, value.lower(), value.upper()})


class ProductFilter(FilterSet):
    """By kind."""

    kind = django_filters.ChoiceFilter(choices=ProductKind.choices)

    class Meta:
        model = Product
        form = FilterForm
        fields: list[str] = []


def search(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Orders by their number, or by their customer's name, e-mail address, code or phone number.

    The customers are looked up first, the 1,000 newest that match: an OR across both tables would
    have no index.
    """
    condition = Q(customer_id__in=newest_matching(text, MOST_CUSTOMERS))
    if key := order_key(text):
        condition |= Q(pk=key)
    return queryset.filter(condition)


def order_key(text: str) -> int | None:
    """The key of the order of this number, or of a parcel of it; None for any other text."""
    number = _NUMBER.fullmatch(reference(text))
    key = int(number[1] or number[2]) if number else 0
    return key if 0 < key <= LARGEST_ID else None


def newest_orders(text: str, customers: Sequence[int], *, by_address: bool) -> list[int]:
    """The keys of the newest orders of these customers, with this number, or (`by_address`) to
    such a recipient or postcode; MOST_ORDERS at most."""
    condition = Q(customer_id__in=customers)
    if by_address:
        condition |= sent_to(text)
    if key := order_key(text):
        condition |= Q(pk=key)
    return list(newest_matches(Order.objects.all(), condition, MOST_ORDERS))


def keys_of_customers(text: str) -> list[int]:
    """The keys of the newest orders of the customers that match, MOST_ORDERS at most."""
    theirs = Q(customer_id__in=newest_matching(text, MOST_CUSTOMERS))
    return list(newest_matches(Order.objects.all(), theirs, MOST_ORDERS))
