"""Orders in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from core.admin.list_filters import TimeRangeFilter
from core.admin.overview.pages import OverviewPage
from core.admin.overview.panels import linked
from core.admin.pages import LargeTableAdmin
from core.values import money
from identity.actors import actor_of
from orders import services
from orders.admin.actions import OrderActions
from orders.admin.forms import KitChoice, PlaceKitForm
from orders.admin.inlines import LineInline, NewLineInline
from orders.admin.overview import TIMELINE, state_of
from orders.admin.place_form import PlaceOrderForm
from orders.admin.placing import NEW_CUSTOMER, PlacingAdmin
from orders.api.filters import search
from orders.models import AWAITS_ADDRESS, DnaKitOrder, Order

BY_COLOUR = {colour: colour for colour in ("info", "success", "warning", "danger")}


class KitTypeFilter(admin.SimpleListFilter):
    """By kit type, without reading every order for the choices."""

    title = "kit type"
    parameter_name = "kit_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The kits on sale."""
        return [(kit.item_id, kit.name) for kit in KitChoice.on_sale()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The orders of the chosen kit."""
        return queryset.filter(kit_type=self.value()) if self.value() else queryset


class AddressFilter(admin.SimpleListFilter):
    """The orders that wait for an address."""

    title = "address"
    parameter_name = "address"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One choice."""
        return [("awaited", "waits for one")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that wait, by the index of their own."""
        return queryset.filter(AWAITS_ADDRESS) if self.value() == "awaited" else queryset


@admin.register(Order)
class OrderAdmin(OverviewPage, OrderActions, PlacingAdmin, LargeTableAdmin):
    """Orders: placed through a form, then shown with all that happened to them."""

    placing = "Place an order"
    timeline = [TIMELINE]
    timeline_is_open = True
    change_form_after_template = "admin/orders/place.html"
    form: type[Any] = PlaceOrderForm
    autocomplete_fields = ["customer"]
    list_display = ["shown_number", "shown_customer", "item", "price", "shown_state", "time"]
    list_display_links = ["shown_number", "item"]
    list_select_related = ["customer"]
    export_columns = {
        "number": "number",
        "customer": "customer.code",
        **{name: name for name in ("item", "kit_type", "amount", "currency", "state", "time")},
        **{name: name for name in ("delivery_service", "shipping_interval", "recipient")},
        **{name: name for name in ("line_1", "line_2", "city", "postcode", "country")},
    }
    list_filter = [
        "state",
        "shipping_interval",
        KitTypeFilter,
        AddressFilter,
        ("time", TimeRangeFilter),
    ]
    list_filter_submit = True
    list_disable_select_all = True
    list_sums = ("amount", "currency")
    linked_by = ["customer"]
    sortable_by = ["shown_number", "time"]
    search_help_text = "An order's number, or its customer's name, code, e-mail or phone number."
    inlines = [LineInline]
    add_fieldsets = [
        ("Customer", {"fields": ["customer"]}),
        (NEW_CUSTOMER, {"fields": ["new_name", ("new_phone", "new_email")]}),
        (
            "Delivery address",
            {
                "fields": [
                    "kept",
                    ("recipient", "country"),
                    ("line_1", "line_2"),
                    ("city", "postcode"),
                ],
                "description": "Of a customer without an address it becomes the default one.",
            },
        ),
        (
            "Delivery",
            {"fields": [("delivery_service", "shipping_interval"), "channel"]},
        ),
    ]
    fieldsets = [
        (None, {"fields": [("state_label", "price"), ("customer", "time"), "item"]}),
        (
            "Delivery",
            {
                "fields": [
                    ("delivery_service", "shipping_interval"),
                    ("channel", "address"),
                ]
            },
        ),
    ]
    readonly_fields = [
        "number",
        "state_label",
        "customer",
        "time",
        "item",
        "price",
        "kit_type",
        "channel",
        "delivery_service",
        "shipping_interval",
        "address",
    ]

    @display(description="number", ordering="id")
    def shown_number(self, order: Order) -> str:
        """The number; sorted as numbers are."""
        return str(order.number)

    @display(description="customer")
    def shown_customer(self, order: Order) -> str:
        """A link to their page."""
        return linked(order.customer)

    @display(description="kit")
    def kit(self, order: Order) -> str:
        """The kit by its name; its type stands in the order's own words."""
        return order.item or order.kit_type

    @display(description="amount")
    def price(self, order: Order) -> str:
        """Amount and currency."""
        return money.shown(order.amount, order.currency)

    @display(description="state", label=BY_COLOUR)
    def shown_state(self, order: Order) -> tuple[str, str]:
        """The state, in its colour; that it waits for an address is what staff act upon."""
        state, colour = state_of(order)
        return colour, state

    @display(description="state")
    def state_label(self, order: Order) -> str:
        """The same, on its page."""
        return state_of(order)[0]

    @display(description="delivery address")
    def address(self, order: Order) -> str:
        """The address on one line, or that it is still to come."""
        if order.line_1:
            return order.on_one_line()
        return "not known yet" if order.delivery_service else "no parcel belongs to this order"

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """The newest first; by time when a time is asked for: that has an index of its own."""
        by_time = any(name.startswith("time_") for name in request.GET)
        return ["-time", "-id"] if by_time else ["-id"]

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Orders found by number or customer."""
        return search(queryset, text)

    def get_form(
        self, request: HttpRequest, obj: Order | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form for a new order; an old one has nothing to fill in."""
        if obj:
            kwargs["form"] = ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> list[Any]:
        """The form's lines for a new order, all that is known of an old one."""
        return [*self.inlines] if obj else [NewLineInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        """Everything, once it is placed."""
        return [*self.readonly_fields] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Orders are cancelled, never deleted."""
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, called by what is done there; without buttons that would save nothing."""
        context["title"] = "Order" if kwargs.get("change") else self.placing
        if kwargs.get("change"):
            hidden = ("show_save", "show_save_and_continue", "show_save_and_add_another")
            context.update(dict.fromkeys(hidden, False))
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer


@admin.register(DnaKitOrder)
class DnaKitOrderAdmin(OrderAdmin):
    """DNA kit orders."""

    placing = "Order a kit"
    form = PlaceKitForm
    shows_draft = False
    list_display = ["shown_number", "shown_customer", "kit", "price", "shown_state", "time"]
    list_display_links = ["shown_number", "kit"]
    add_fieldsets = [("Kit", {"fields": ["customer", "kit", "channel"]})]

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> list[Any]:
        """None for a new one: it has one kit."""
        return super().get_inlines(request, obj) if obj else []

    def place(self, request: HttpRequest, form: Any, formsets: Any) -> Order:
        """Call the service; say so when the kit waits for an address."""
        kit, channel = form.cleaned_data["kit"], form.cleaned_data["channel"]
        by = actor_of(request)
        order = services.place_dna_kit_order(form.buyer, kit=kit, by=by, channel=channel)
        if not order.ships:
            text = '<a href="{}">{}</a> waits: this customer has no address. The customer is asked.'
            page = reverse("admin:orders_dnakitorder_change", args=[order.pk])
            self.message_user(request, format_html(text, page, order), messages.WARNING)
        return order
