"""Finding messages by the customer they went to."""

from django.db.models import QuerySet

from customers.models import Customer
from customers.search.customers import matching
from notifications.models import Notification


def search(queryset: QuerySet[Notification], text: str) -> QuerySet[Notification]:
    """The messages to customers whose name, code or address has these beginnings of words."""
    return queryset.filter(customer__in=Customer.objects.filter(matching(text)))
