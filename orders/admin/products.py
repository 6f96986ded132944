"""Products in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin.pages import ModelAdmin
from core.database.folding import SortKey
from orders.models import Product


@admin.register(Product)
class ProductAdmin(ModelAdmin):
    """What can be ordered."""

    list_display = ["name", "item_id", "kind", "price", "currency", "weight", "is_active"]
    # Those of the import (orders/imports/products.py).
    export_columns = {
        **{name: name for name in ("item_id", "name", "kind", "weight", "price", "currency")},
        "is_active": "is_active",
    }
    list_filter = ["kind", "is_active", "currency"]
    search_fields = ["name", "item_id"]
    alphabetical_fields = ["name"]
    ordering = [SortKey("name"), "name"]
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        """The id stays as it is: orders, rules and providers know the product by it."""
        return ["item_id"] if obj else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """Those found; where a product is chosen, only what is on sale."""
        if request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(is_active=True)
        results: tuple[QuerySet[Product], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return results
