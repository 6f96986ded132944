"""Customers in the admin."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ChoiceField
from django.http import HttpRequest, HttpResponse
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.extensions import Extensible
from core.admin.list_filters import TimeRangeFilter
from core.admin.pages import LargeTableAdmin, StackedInline
from customers import contact_channels, services
from customers.forms import AddressForm
from customers.models import ADDRESS_FIELDS, PREFERENCES, Address, Customer
from customers.search.customers import search
from customers.values.countries import country_choices
from customers.values.phones import PhoneFormField
from identity.actors import actor_of


class AddressFormSet(PaginationInlineFormSet):
    """A customer's addresses, one of them the default: the first one by itself."""

    def clean(self) -> None:
        """Raise ValidationError when two are ticked as default, or none of several any more."""
        super().clean()
        if len(self._defaults()) > 1:
            raise ValidationError("Tick one address as the default, not several.")
        left = [form for form in self.forms if self._stays(form)]
        was_default = any(form.initial.get("is_default") for form in left)
        if was_default and len(left) > 1 and not self._defaults():
            raise ValidationError("Tick the address that is the default instead.")

    def save(self, commit: bool = True) -> Any:
        """Save them; the old default steps back first, since the database allows one."""
        if not commit or not self.has_changed():
            return super().save(commit)
        services.lock(self.instance)
        for ticked in self._defaults():
            others = self.instance.addresses.exclude(pk=ticked.instance.pk)
            others.filter(is_default=True).update(is_default=False)
        saved = super().save()
        services.ensure_default(self.instance)
        return saved

    def _defaults(self) -> list[Any]:
        ticked = (form for form in self.forms if form.cleaned_data.get("is_default"))
        return [form for form in ticked if not form.cleaned_data.get("DELETE")]

    def _stays(self, form: Any) -> bool:
        is_there = form.instance.pk or form.has_changed()
        return bool(is_there and not getattr(form, "cleaned_data", {}).get("DELETE"))


class BookedAddressForm(AddressForm):
    """One address. That there is one default is the formset's to see to."""

    country = ChoiceField(choices=country_choices, widget=UnfoldAdminSelectWidget)

    class Meta(AddressForm.Meta):
        fields = [*ADDRESS_FIELDS, "is_default"]

    def _post_clean(self) -> None:
        """Look at the rules only where something was typed: older addresses may break newer ones,
        and the customer's page has to be saved all the same."""
        if self.instance.pk is None or self.has_changed():
            super()._post_clean()  # type: ignore[misc]  # missing in the stubs

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # missing in the stubs
        return excluded | {"is_default"}


class AddressInline(StackedInline):
    """The address book."""

    model = Address
    form = BookedAddressForm
    formset = AddressFormSet
    extra = 0
    fields = [("recipient", "is_default"), ("line_1", "line_2"), ("city", "postcode"), "country"]


PreferencesChanged = Callable[[HttpRequest, Customer, dict[str, str]], None]


@admin.register(Customer)
class CustomerAdmin(Extensible, LargeTableAdmin):
    """Customers with their addresses."""

    list_display = ["name", "code", "phone_number", "email", "created_at"]
    list_display_links = ["name", "code"]
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
            choices = [("", "as the rules say"), *contact_channels.choices()]
            widget = UnfoldAdminSelectWidget
            return ChoiceField(
                choices=choices,
                required=False,
                widget=widget,
                label="Wants to hear by",
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
            target = customer.default_address if stepped_back else new
            if target is None:
                continue
            target.took_place_of = [old.address()]
            if used_by := services.still_used_by(target):
                return target, used_by
    return None
