"""What a search asks for, read from its parameters and checked."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q
from rest_framework import exceptions

from clinical.fhir.search import pages
from clinical.fhir.search.catalogue import ResourceType
from clinical.fhir.search.pages import Pairs

PAGE_SIZE = 50
LARGEST_PAGE = 200
MOST_PARAMETERS = 50
SUMMARIES = ("false", "true", "text", "data")
NO_COUNTS = (
    "Matches are not counted: a count tells of patients whom no entry in the log would name."
)
# Read elsewhere: in which form an answer is given (clinical/fhir/negotiation.py).
FORMS = ("_format", "_pretty")
SHAPES = ("_summary", "_elements")
PAGING = ("_count", "_include", "_page")


@dataclass(frozen=True, slots=True)
class Shape:
    """Which elements of a resource are shown."""

    summary: str = "false"
    elements: frozenset[str] = frozenset()


@dataclass(slots=True)
class Query:
    """A search. `pairs` are what was asked, in its order, for the link to the next page."""

    pairs: Pairs
    condition: Q
    shape: Shape
    count: int = PAGE_SIZE
    includes_patients: bool = False
    after: int | None = None

    @property
    def names(self) -> frozenset[str]:
        """The parameters that were given, without modifiers."""
        return frozenset(name.partition(":")[0] for name, _ in self.pairs)

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for some of all there are."""
        return bool(self.condition)


def read_query(kind: ResourceType, pairs: Pairs, *, is_lenient: bool) -> Query:
    """The search of these parameters. Raises DRF's ValidationError, which names the parameter.

    What is not known is refused, or left out where the caller wants that (`Prefer:
    handling=lenient`); what is known and cannot be read is always refused.
    """
    pairs = [(name, value) for name, value in pairs if name not in FORMS]
    after = None
    if tokens := [value for name, value in pairs if name == "_page"]:
        if len(pairs) > 1:
            raise refused("_page", "The link to a page is used as it is: leave out the others.")
        pairs, after = pages.read_token(kind.name, tokens[0])
    if len(pairs) > MOST_PARAMETERS:
        raise refused(pairs[-1][0], f"Give at most {MOST_PARAMETERS} parameters.")
    known = {*kind.parameters, *SHAPES, *PAGING}
    if is_lenient:
        pairs = [(name, value) for name, value in pairs if name.partition(":")[0] in known]
    query = Query(pairs, Q(), read_shape(pairs), after=after)
    for name, value in pairs:
        _take(kind, query, name, value)
    return query


def _take(kind: ResourceType, query: Query, name: str, value: str) -> None:
    base, _, modifier = name.partition(":")
    if parameter := kind.parameters.get(base):
        try:
            query.condition &= parameter.find(value, modifier)
        except ValidationError as error:
            raise refused(name, *error.messages) from None
    elif name == "_count":
        query.count = _count(value)
    elif name == "_include":
        query.includes_patients = _includes(kind, value)
    elif name not in SHAPES:
        known = ", ".join(sorted({*kind.parameters, *SHAPES, *PAGING, *FORMS} - {"_page"}))
        text = f"A search of {kind.name} has no such parameter. There is: {known}."
        raise refused(name, text, code="unknown_parameter")


def read_shape(pairs: Iterable[tuple[str, str]]) -> Shape:
    """Which elements are asked for. Raises DRF's ValidationError."""
    asked = dict(pairs)
    summary = asked.get("_summary", "false")
    if summary == "count":
        raise refused("_summary", NO_COUNTS)
    if summary not in SUMMARIES:
        raise refused("_summary", f"Use one of: {', '.join(SUMMARIES)}.")
    names = asked.get("_elements", "").split(",")
    return Shape(summary, frozenset(filter(None, (name.strip() for name in names))))


def _count(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise refused("_count", f"Give a whole number from 1 to {LARGEST_PAGE}.")
    if int(value) == 0:
        raise refused("_count", NO_COUNTS)
    return min(int(value), LARGEST_PAGE)


def _includes(kind: ResourceType, value: str) -> bool:
    if value.removesuffix(":Patient") not in kind.includes:
        known = ", ".join(kind.includes) or "nothing"
        raise refused("_include", f"What can be included here: {known}.")
    return True


def refused(name: str, *texts: str, code: str = "invalid") -> exceptions.ValidationError:
    """The refusal of a parameter, by its name."""
    return exceptions.ValidationError({name[:60]: list(texts)}, code=code)
