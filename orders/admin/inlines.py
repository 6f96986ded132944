"""What stands on an order's page, and in the form of a new one."""

from typing import Any

from django.http import HttpRequest

from core.admin.pages import HistoryInline, ReadOnlyInline, TabularInline
from orders.admin.forms import NewLines
from orders.models import OrderEvent, OrderLine


class LineInline(ReadOnlyInline):
    """What was ordered, at the price and weight of the day."""

    model = OrderLine
    fields = ["item_id", "name", "quantity", "unit_price", "weight"]


class EventInline(HistoryInline):
    """What happened to the order."""

    model = OrderEvent


class NewLineInline(TabularInline):
    """The products of an order that is being placed."""

    model = OrderLine
    formset = NewLines
    fields = ["product", "quantity"]
    autocomplete_fields = ["product"]
    extra = 1
    can_delete = False
    verbose_name = "product"
    verbose_name_plural = "products"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may place an order says what is in it."""
        return True
