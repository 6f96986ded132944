"""Customers in the admin."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ChoiceField
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.list_filters import TimeRangeFilter
from core.admin.overview.pages import OverviewPage
from core.admin.pages import LargeTableAdmin
from customers import contact_channels, services
from customers.admin.addresses import AddressInline
from customers.admin.overview import PANELS, TIMELINE
from customers.models import PREFERENCES, Address, Customer
from customers.search.customers import search
from customers.values.phone_numbers import PhoneFormField
from identity.actors import actor_of


@admin.register(Customer)
class CustomerAdmin(OverviewPage, LargeTableAdmin):
    """Customers with their addresses, and above them all that belongs to them."""

    change_form_after_template = "admin/customers/countries.html"
    panels = PANELS
    timeline = TIMELINE

    list_display = ["name", "code", "phone_number", "email", "created_at"]
    list_display_links = ["name", "code"]
    # Those of the import come first (customers/imports.py).
    export_columns = {
        "name": "name",
        "phone_number": lambda c: c.phone_number.as_e164 if c.phone_number else "",
        **{name: name for name in ("email", "code", "channel", "language", "time_zone")},
        "created_at": "created_at",
    }
    ordering = ["-id"]
    sortable_by = ["name", "created_at"]
    alphabetical_fields = ["name"]
    search_help_text = "Beginnings of names, codes, e-mail addresses or phone numbers."
    list_filter = [("created_at", TimeRangeFilter)]
    list_filter_submit = True
    list_disable_select_all = True
    readonly_fields = ["created_at"]
    fields = [
        ("name", "code"),
        ("phone_number", "email"),
        "channel",
        ("language", "time_zone"),
        "created_at",
    ]
    inlines = [AddressInline]
    # Whoever keeps a record of what customers want to hear: (request, customer, what was before).
    preferences_changed: ClassVar[
        list[Callable[[HttpRequest, Customer, dict[str, str]], None]]
    ] = []

    # Whoever asks about what still goes to an address that was replaced: (request, the new address,
    # ids of schedules); gives the page that asks, if this person may decide.
    asks_after_a_move: ClassVar[
        list[Callable[[HttpRequest, Address, list[int]], HttpResponse | None]]
    ] = []
    actions_detail: ClassVar[list[str]] = []

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A choice where there is one."""
        if db_field.name == "channel":
            choices = [("", "as the rules choose"), *contact_channels.choices()]
            widget = UnfoldAdminSelectWidget
            return ChoiceField(
                choices=choices,
                required=False,
                widget=widget,
                label="Preferred channel",
                help_text=db_field.help_text,
            )
        if db_field.name == "phone_number":
            kwargs["form_class"] = PhoneFormField
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """Save it, and tell whoever keeps a record of preferences."""
        names = [name for name in PREFERENCES if name in form.changed_data]
        before = {name: form.initial.get(name) or "" for name in names}
        super().save_model(request, obj, form, change)
        for listener in self.preferences_changed if before else ():
            listener(request, obj, before)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the addresses; what waited for the first one goes there."""
        addresses = form.instance.addresses
        before = {address.pk: address for address in addresses.all()}
        had_one = bool(before)
        super().save_related(request, form, formsets, change)
        request.moved = _moved(form.instance, before)  # type: ignore[attr-defined]  # for response_change
        first = None if had_one else addresses.filter(is_default=True).first()
        shipped = services.announce_first(first, by=actor_of(request)) if first else []
        if shipped:
            self.message_user(request, f"Goes to this address now: {', '.join(shipped)}.")

    def response_change(self, request: HttpRequest, obj: Customer) -> HttpResponse:
        """Where it leads: to the question about what still goes to the old address, if any does."""
        answer: HttpResponse = super().response_change(request, obj)
        moved: tuple[Address, list[int]] | None = getattr(request, "moved", None)
        pages = (ask(request, *moved) for ask in self.asks_after_a_move) if moved else ()
        return next(filter(None, pages), answer)

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Customers found by words."""
        return search(queryset, text)


def _moved(customer: Customer, before: dict[int, Address]) -> tuple[Address, list[int]] | None:
    """The first address that replaced one which schedules still send to, and those schedules."""
    now = {address.pk: address for address in customer.addresses.all()}
    for pk, old in before.items():
        new = now.get(pk)
        stepped_back = new is None or old.is_default > new.is_default
        if stepped_back or (new and new.address() != old.address()):
            default = next((each for each in now.values() if each.is_default), None)
            target = default if stepped_back else new
            if target is None:
                continue
            target.took_place_of = [old.address()]
            if used_by := services.still_used_by(target):
                return target, used_by
    return None
