"""The address book of a customer."""

from collections.abc import Mapping, Sequence

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from core.database.folding import NumberKey, SearchVector
from core.database.versions import VersionField
from core.history.tracking import tracked
from customers.models.address_lines import AddressLines
from customers.models.customers import Customer

# Who gets it, and its postcode in two words or in one.
RECIPIENT_SEARCH_VECTOR = SearchVector("recipient", "postcode", NumberKey("postcode"))


@tracked(part_of="customer")
class Address(AddressLines):
    """An address in a customer's address book. Orders keep a copy, so a change moves no parcel."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    is_default = models.BooleanField(default=False)
    version = VersionField()

    # Of one that was changed or became the default: the lines whose place it took.
    took_place_of: "Sequence[Mapping[str, str]]" = ()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(is_default=True),
                name="one_default_address_per_customer",
            )
        ]
        indexes = [GinIndex(RECIPIENT_SEARCH_VECTOR, name="address_by_recipient")]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.city}"
