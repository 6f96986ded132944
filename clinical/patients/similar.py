"""Who on record is perhaps the same person: asked before somebody is entered twice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from clinical.births import Born, Precision
from clinical.identifiers import value_index
from clinical.models import Patient, PatientIdentifier
from clinical.search import born_on, search, with_email
from core.values.text import bare

MOST_READ = 200  # of each kind of likeness
SAME_NAMES = "same name, and a birth date that fits"
SAME_DAY = "same birth date, and a name in common"
SAME_EMAIL = "same e-mail address"
SAME_IDENTIFIER = "an identifier of the same value"

Likeness = tuple[Patient, str]
Patients = QuerySet[Patient]


@dataclass(frozen=True, slots=True)
class Similar:
    """A patient on record who may be the same person, and why."""

    patient: Patient
    reasons: tuple[str, ...]


def similar_patients(
    person: Patient, identifiers: Iterable[str] = (), most: int = 5
) -> list[Similar]:
    """Those on record who may be this person, who need not be saved; the most alike first.

    `identifiers` are values. Archived patients count, records merged into others do not.
    """
    others = Patient.objects.filter(merged_into__isnull=True).exclude(pk=person.pk).order_by("-id")
    likenesses: dict[int, tuple[Patient, list[str]]] = {}
    for patient, reason in _alike(person, others, list(identifiers)):
        likenesses.setdefault(patient.pk, (patient, []))[1].append(reason)
    ranked = sorted(likenesses.values(), key=lambda each: -len(each[1]))
    return [Similar(patient, tuple(reasons)) for patient, reasons in ranked[:most]]


def name_parts(patient: Patient) -> frozenset[str]:
    """The words of both names as they are compared: in any order, case and spelling of accents."""
    text = bare(str(patient)).replace("-", " ").replace("'", "").replace("’", "")
    return frozenset(text.split())


def fits(one: Born, other: Born) -> bool:
    """Whether two birth dates may be the same day, as far as they are known."""
    return one.first <= other.last and other.first <= one.last


def _alike(person: Patient, others: Patients, identifiers: list[str]) -> Iterator[Likeness]:
    yield from _by_names(person, others)
    if person.born.precision == Precision.DAY:
        yield from _by_birth_date(person, others)
    if person.email:
        same_email = with_email(others, person.email)[:MOST_READ]
        yield from ((patient, SAME_EMAIL) for patient in same_email)
    if identifiers:
        indexes = [value_index(value) for value in identifiers]
        holders = PatientIdentifier.objects.filter(value_index__in=indexes).values("patient")
        same_identifier = others.filter(pk__in=holders)[:MOST_READ]
        yield from ((patient, SAME_IDENTIFIER) for patient in same_identifier)


def _by_names(person: Patient, others: Patients) -> Iterator[Likeness]:
    names = name_parts(person)
    for patient in search(others, str(person))[:MOST_READ]:
        if name_parts(patient) == names and fits(patient.born, person.born):
            yield patient, SAME_NAMES


def _by_birth_date(person: Patient, others: Patients) -> Iterator[Likeness]:
    names = name_parts(person)
    for patient in born_on(others, person.born)[:MOST_READ]:
        if names & name_parts(patient) and names != name_parts(patient):
            yield patient, SAME_DAY
