"""The search parameters, each with the rows that it finds. R4's own, by its names."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from clinical import births
from clinical.births import Precision
from clinical.fhir.resources.patients import imported_system
from clinical.fhir.search import values
from clinical.identifiers import value_index
from clinical.models import Patient, PatientIdentifier
from clinical.search import search
from clinical.search_tokens import has_email, is_born_within
from core.values.keys import is_key
from core.values.text import bare

Finder = Callable[[str, str], Q]  # value, still escaped, and modifier -> the rows


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a resource type. `finder` raises ValidationError for what cannot be read."""

    kind: str  # token, string, date or reference
    about: str
    finder: Finder
    modifiers: tuple[str, ...] = ()

    def find(self, value: str, modifier: str) -> Q:
        """The rows that match any of the values between commas."""
        if modifier and modifier not in self.modifiers:
            known = ", ".join(f":{each}" for each in self.modifiers) or "none"
            raise ValidationError(f"No such modifier here. There is: {known}.")
        condition = Q(pk__in=[])
        for each in values.alternatives(value):
            condition |= self.finder(each, modifier)
        return condition


def by_key(column: str) -> Finder:
    """By our keys: an id that is none of ours finds nobody."""

    def finder(value: str, modifier: str) -> Q:
        key = values.unescaped(value)
        return Q(**{column: int(key)}) if is_key(key) else Q(pk__in=[])

    return finder


def by_reference(column: str, resource_type: str) -> Finder:
    """By a reference to a resource of one type."""
    find = by_key(column)

    def finder(value: str, modifier: str) -> Q:
        return find(values.reference(values.unescaped(value), resource_type), "")

    return finder


def by_code(conditions: Mapping[str, Q], system: str) -> Finder:
    """By a code of a value set; each code with the rows that have it."""

    def finder(value: str, modifier: str) -> Q:
        asked = values.token(value)
        if asked.code not in conditions:
            raise ValidationError(f"No such code. Use one of: {', '.join(sorted(conditions))}.")
        return conditions[asked.code] if asked.system in (None, system) else Q(pk__in=[])

    return finder


def by_identifier(value: str, modifier: str) -> Q:
    """By an identifier of any system, or of one; that of the import has a system of its own."""
    asked = values.token(value)
    imported = Q(external_id=asked.code)
    if asked.system == imported_system():
        return imported
    rows = PatientIdentifier.objects.filter(value_index=value_index(asked.code))
    if asked.system is None:
        return imported | Q(pk__in=rows.values("patient_id"))
    return Q(pk__in=rows.filter(system=asked.system).values("patient_id"))


def by_email(value: str, modifier: str) -> Q:
    """By the whole address, in any case."""
    return has_email(values.token(value).code)


def by_birth_date(value: str, modifier: str) -> Q:
    """By what is known of a birth date, as R4 compares ranges of days."""
    prefix, rest = values.prefixed(values.unescaped(value))
    written = births.read(rest)
    condition = Q(pk__in=[])
    for known in Precision:
        try:
            spans = values.first_days(prefix, written, known)
        except OverflowError:
            raise ValidationError("Give a date within the calendar.") from None
        for span in spans:
            condition |= is_born_within(span.first, span.last, known)
    return condition


def by_last_updated(value: str, modifier: str) -> Q:
    """By when it was changed last."""
    prefix, rest = values.prefixed(values.unescaped(value))
    start, end = values.moments(rest)
    before, after = Q(changed_at__lt=start), Q(changed_at__gte=end)
    conditions = {
        "eq": ~before & ~after,
        "ne": before | after,
        "gt": after,
        "sa": after,
        "ge": ~before,
        "lt": before,
        "eb": before,
        "le": ~after,
    }
    return conditions[prefix]


def by_name(*columns: str) -> Finder:
    """By the beginnings of the words of these columns; `:exact` by a column as it stands.

    Candidates come from the search that the API has, the newest 10,000 of them.
    """

    def finder(value: str, modifier: str) -> Q:
        text = values.unescaped(value)
        rows = search(Patient.objects.all(), text).values_list("pk", *columns)
        matches = _is_one if modifier == "exact" else _begins
        return Q(pk__in=[key for key, *names in rows if matches(text, names)])

    return finder


def _is_one(text: str, names: Collection[str]) -> bool:
    return text in names


def _begins(text: str, names: Collection[str]) -> bool:
    """Whether each word of the text begins a word of one of the names."""
    asked = _parts_of(text)
    return bool(asked) and all(
        any(word.startswith(part) for name in names for word in _parts_of(name)) for part in asked
    )


def _parts_of(text: str) -> list[str]:
    return re.findall(r"\w+", bare(text))


def conditions_of(column: str, codes: Mapping[Any, str]) -> dict[str, Q]:
    """Of a table from our values to codes: each code with the rows whose column means it."""
    conditions: dict[str, Q] = {}
    for ours, code in codes.items():
        conditions[code] = conditions.get(code, Q(pk__in=[])) | Q(**{column: ours})
    return conditions
