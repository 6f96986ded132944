"""Finding messages by the customer they went to."""

from django.db.models import QuerySet

from customers.search.customers import MOST_CUSTOMERS, newest_matching
from notifications.models import Notification


def search(queryset: QuerySet[Notification], text: str) -> QuerySet[Notification]:
    """The messages to customers whose name, code or address has these beginnings of words.

    The customers are looked up first, the 1,000 newest that match, as for orders.
    """
    return queryset.filter(customer_id__in=newest_matching(text, MOST_CUSTOMERS))
