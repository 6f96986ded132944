"""How customers are filtered."""

from django.db.models import QuerySet

from core.api.filters import EmailFilter, FilterForm, FilterSet, TimeFilter, TokenFilter
from core.values.text import code
from customers.models import Customer
from customers.values.phone_numbers import e164


class CustomerFilter(FilterSet):
    """By code, e-mail address, phone number and age."""

    code = TokenFilter(method="by_code", help_text="Ours in any case.")
    email = EmailFilter()
    phone_number = TokenFilter(
        method="by_phone", help_text="International, or local to the default region."
    )
    created_after = TimeFilter(
        field_name="created_at", lookup_expr="gte", help_text="Then or later."
    )
    created_before = TimeFilter(
        field_name="created_at", lookup_expr="lt", help_text="Earlier than that."
    )

    class Meta:
        model = Customer
        form = FilterForm
        fields: list[str] = []

    def by_code(self, queryset: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        """The customer with this code; those that we make are in capitals."""
        value = code(value)
        return queryset.filter(code__in={value, value.upper()})

    def by_phone(self, queryset: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        """Customers with this number, however it is written."""
        number = e164(value)
        return queryset.filter(phone_number=number) if number else queryset.none()
