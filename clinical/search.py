"""Finding patients by the beginnings of their names and e-mail address, or by their foreign id."""

from django.db.models import Q, QuerySet

from clinical.births import LENGTHS, Born
from clinical.models import PATIENT_SEARCH_VECTOR, Patient, Study
from core.database.folding import PrefixMatch, containing
from core.database.matches import matching_rows
from core.values.text import lenient


def search(patients: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """The patients in whom each word begins a word, or whose foreign id the text is."""
    has_prefixes = Q(PrefixMatch(PATIENT_SEARCH_VECTOR, text))
    return matching_rows(patients, Q(external_id=lenient(text)) | has_prefixes)


def with_email(patients: QuerySet[Patient], email: str) -> QuerySet[Patient]:
    """The patients with this e-mail address, in any case."""
    # By the index of words: one of its own would slow imports.
    return search(patients, email).filter(email__iexact=email)


def born_on(patients: QuerySet[Patient], born: Born) -> QuerySet[Patient]:
    """The patients born then; not those of whom less is known."""
    known = LENGTHS[born.precision]
    finer = [precision for precision, length in LENGTHS.items() if length >= known]
    return patients.filter(birth_date__range=(born.day, born.last), birth_date_precision__in=finer)


def search_studies(studies: QuerySet[Study], text: str) -> QuerySet[Study]:
    """The studies, of one patient, in whose body part or description each word stands."""
    return containing(studies, ("body_part", "description"), text)
