"""The address book on a customer's page."""

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import PaginationInlineFormSet

from core.admin.pages import StackedInline
from customers import services
from customers.forms import AddressForm, CountryField
from customers.models import ADDRESS_FIELDS, Address


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

    country = CountryField()

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
