"""What stands on an order's page, and in the form of a new one."""

from typing import Any

from django.http import HttpRequest
from unfold.decorators import display

from core.admin.pages import ReadOnlyInline, TabularInline
from core.values import money
from orders.admin.place_form import NewLines
from orders.models import OrderLine


class LineInline(ReadOnlyInline):
    """What was ordered, at the price and weight of the day."""

    model = OrderLine
    fields = ["item_id", "name", "quantity", "price", "grams"]

    @display(description="price of one")
    def price(self, line: OrderLine) -> str:
        """With its currency."""
        return money.shown(line.unit_price, line.order.currency)

    @display(description="weight of one")
    def grams(self, line: OrderLine) -> str:
        """With its unit."""
        return f"{line.weight:,} g"


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

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """One of each, unless somebody says more (`NewLines.lines`)."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "quantity":
            field.required = False
            # The head of its column is no label.
            field.widget.attrs |= {"aria-label": "Quantity", "placeholder": "1"}
        return field

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may place an order says what is in it."""
        return True
