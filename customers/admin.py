"""Customers in the admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ChoiceField, ModelForm
from unfold.admin import StackedInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin import LargeTableAdmin
from customers.countries import countries
from customers.forms import never_cut
from customers.models import ADDRESS_FIELDS, Address, Customer
from customers.search import search


class AddressFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """A customer's addresses, at most one of them the default."""

    def clean(self) -> None:
        """Raise ValidationError when two are ticked as default."""
        super().clean()
        if len(self._defaults()) > 1:
            raise ValidationError("Tick one address as the default, not several.")

    def save(self, commit: bool = True) -> Any:
        """Save them; the old default steps back first, since the database allows one."""
        for ticked in self._defaults() if commit else ():
            others = self.instance.addresses.exclude(pk=ticked.instance.pk)
            others.filter(is_default=True).update(is_default=False)
        return super().save(commit)

    def _defaults(self) -> list[Any]:
        ticked = (form for form in self.forms if form.cleaned_data.get("is_default"))
        return [form for form in ticked if not form.cleaned_data.get("DELETE")]


class AddressForm(ModelForm):  # type: ignore[type-arg]
    """One address. That there is one default is the formset's to see to."""

    country = ChoiceField(choices=[("", "—"), *countries().items()], widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Address
        fields = [*ADDRESS_FIELDS, "is_default"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        never_cut(self)

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded | {"is_default"}


class AddressInline(StackedInline):
    """The address book."""

    model = Address
    form = AddressForm
    formset = AddressFormSet
    extra = 0
    fields = [("recipient", "is_default"), ("line_1", "line_2"), ("city", "postcode"), "country"]


@admin.register(Customer)
class CustomerAdmin(LargeTableAdmin):
    """Customers with their addresses."""

    list_display = ["name", "code", "phone_number", "email", "created_at"]
    list_display_links = ["name", "code"]
    ordering = ["-id"]
    sortable_by = ["name", "created_at"]
    search_help_text = "Beginnings of names, codes, e-mail addresses or phone numbers."
    readonly_fields = ["created_at"]
    fields = ["name", "code", "phone_number", "email", "created_at"]
    inlines = [AddressInline]

    def found(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Customers found by words."""
        return search(queryset, text)
