"""Finding customers as staff look for them, by indexes alone."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter

from core.database.folding import PrefixMatch
from core.database.matches import matching_rows, newest_matches
from core.values.text import lenient
from customers.models import (
    CUSTOMER_SEARCH_VECTOR,
    RECIPIENT_SEARCH_VECTOR,
    Address,
    Customer,
)
from customers.search.search_vector import typed
from customers.values.phone_numbers import numbers

LONGEST_SEARCH = 200
MOST_CUSTOMERS = 1000  # whose orders or messages are searched


def matching(text: str) -> Q:
    """Customers in whose name, e-mail address, code or phone number each word begins a word."""
    matches = Q(PrefixMatch(CUSTOMER_SEARCH_VECTOR, typed(text)))
    dialled = numbers(text)  # it may be written as it is dialled at home
    return matches | Q(phone_number__in=sorted(dialled)) if dialled else matches


def newest_matching(text: str, most: int) -> list[int]:
    """The keys of the newest customers that match, so many at most."""
    return list(newest_matches(Customer.objects.all(), matching(text), most))


def sent_to(text: str) -> Q:
    """Addresses, or orders, with a recipient and a postcode in which each word begins a word."""
    return Q(PrefixMatch(RECIPIENT_SEARCH_VECTOR, typed(text)))


def newest_at_address(text: str, most: int) -> list[int]:
    """The keys of customers with such a recipient or postcode in their address books: those of the
    newest addresses, so many at most."""
    keys = newest_matches(Address.objects.all(), sent_to(text), most)
    return list(keys.values_list("customer_id", flat=True))


class SearchBackend(SearchFilter):
    """`search`, answered by the view's `search` method instead of a chain of ORs."""

    search_description = "Beginnings of words, which must all occur."

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """What was found; everything when nothing was asked for."""
        given = request.query_params.get(self.search_param, "").strip()
        if len(given) > LONGEST_SEARCH or "\0" in given:
            raise ValidationError({"search": f"Search for at most {LONGEST_SEARCH} characters."})
        text = lenient(given)
        rows: QuerySet[Any] = view.search(queryset, text) if text else queryset
        return rows


def search(queryset: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """The customers of the queryset that match."""
    return matching_rows(queryset, matching(text))
