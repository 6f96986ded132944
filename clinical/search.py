"""Finding patients by the beginnings of their names and e-mail address, or by their foreign id."""

from collections.abc import Callable

from django.db.models import Q, QuerySet

from clinical.births import Born
from clinical.models import Patient, Study
from clinical.search_tokens import has_email, has_prefixes, is_born
from core.database.matches import matching_rows
from core.values.folding import fold
from core.values.text import lenient


def search(patients: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """The patients in whom each word begins a word, or whose foreign id the text is."""
    return matching_rows(patients, Q(external_id=lenient(text)) | has_prefixes(text))


def with_email(patients: QuerySet[Patient], email: str) -> QuerySet[Patient]:
    """The patients with this e-mail address, in any case."""
    return patients.filter(has_email(email))


def born_on(patients: QuerySet[Patient], born: Born) -> QuerySet[Patient]:
    """The patients born then; not those of whom less is known."""
    return patients.filter(is_born(born))


def search_studies(studies: QuerySet[Study], text: str) -> QuerySet[Study]:
    """The studies, of one patient, in whose body part or description each word stands."""
    terms = [fold(word) for word in lenient(text).split()]

    def matches(body_part: str, description: str) -> bool:
        columns = fold(body_part), fold(description)
        return all(any(term in column for column in columns) for term in terms)

    return _matching(studies, matches)


def of_body_part(studies: QuerySet[Study], body_part: str) -> QuerySet[Study]:
    """The studies, of one patient, of this part, in any case."""
    wanted = fold(body_part)
    return _matching(studies, lambda part, description: fold(part) == wanted)


def _matching(studies: QuerySet[Study], matches: Callable[[str, str], bool]) -> QuerySet[Study]:
    """Those whose texts match: the database cannot read them, and one patient has few."""
    rows = studies.order_by().values_list("pk", "body_part", "description")
    return studies.filter(pk__in=[pk for pk, part, text in rows if matches(part, text)])
