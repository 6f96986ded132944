"""The naive admin: Django's own, by its tutorial, with names looked up in the same statement."""

from django.contrib import admin

from bench.naive.models import Customer, Order, OrderLine, Product, Shipment


class LineInline(admin.TabularInline):
    """The lines of an order."""

    model = OrderLine
    extra = 0


class ShipmentInline(admin.TabularInline):
    """The parcels of an order."""

    model = Shipment
    extra = 0


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    """Orders."""

    list_display = ("__str__", "customer", "status", "amount", "currency", "created_at")
    list_filter = ("status", "delivery_service")
    list_select_related = ("customer",)
    list_per_page = 50
    search_fields = ("=id", "customer__name")
    raw_id_fields = ("customer",)
    inlines = (LineInline, ShipmentInline)


admin.site.register([Customer, Product, Shipment])
