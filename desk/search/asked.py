"""What was typed, and what several kinds of rows are found by: looked up once for all of them."""

from dataclasses import dataclass, field
from functools import cached_property

from django.http import HttpRequest

from clinical.models import Patient
from clinical.search import search as search_patients
from core.values.folding import typed_terms
from customers.search.customers import newest_at_address, newest_matching
from customers.search.search_vector import typed
from identity.access_log import reasons
from orders.api.filters import newest_orders

SHORTEST_WORD = 3
# Whose orders, messages or studies are looked for. A name that more people have narrows nothing: it
# is not looked for among recipients, too.
MOST_PEOPLE = 200


@dataclass
class Asked:
    """A search by somebody. `patients` are the keys of those whose data is going to be shown."""

    request: HttpRequest
    text: str
    most: int
    patients: set[int] = field(default_factory=set)

    @cached_property
    def is_name(self) -> bool:
        """Whether a word of it is long enough to be looked for: short ones begin half of all
        names. Scripts with many letters say as much with fewer."""
        parts = (part for _, parts in typed_terms(typed(self.text)) for part in parts)
        return any(len(part) >= SHORTEST_WORD or not part.isascii() for part in parts)

    @cached_property
    def customers(self) -> list[int]:
        """The newest customers that match, by what is theirs."""
        return newest_matching(self.text, MOST_PEOPLE) if self.is_name else []

    @cached_property
    def customers_at_address(self) -> list[int]:
        """The newest customers with such a recipient or postcode among their addresses."""
        return newest_at_address(self.text, MOST_PEOPLE) if self.is_rare else []

    @property
    def is_rare(self) -> bool:
        """Whether it is a name that few have."""
        return self.is_name and len(self.customers) < MOST_PEOPLE

    @cached_property
    def orders(self) -> list[int]:
        """The newest orders of the customers that match, and those that go to such a recipient or
        postcode, or have the number."""
        return newest_orders(self.text, self.customers, by_address=self.is_rare)

    @cached_property
    def patient_keys(self) -> list[int]:
        """The newest patients that match: those who are looked for, not the archived ones."""
        rows = search_patients(Patient.objects.current(), self.text).order_by("-pk")
        keys = rows.values_list("pk", flat=True)[:MOST_PEOPLE]
        return list(keys) if self.is_name else []

    @property
    def reason(self) -> str:
        """Why this person looks at health data; empty for whoever treats patients."""
        return reasons.given_reason(self.request, reasons.LISTS)

    @property
    def reason_is_due(self) -> bool:
        """Whether a reason is due before any health data is looked for."""
        return reasons.needs_access_reason(self.request.user) and not self.reason
