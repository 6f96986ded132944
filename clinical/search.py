"""Finding patients by the beginnings of their names and e-mail address, or by their foreign id."""

from django.db.models import Q, QuerySet

from clinical.models import PATIENT_WORDS, Patient
from customers.words import begin_with, words_of


def search(patients: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """The patients in whom each word begins a word, or whose foreign id the text is."""
    text = text.replace("\0", "").strip()
    words = words_of(text)
    found = Q(external_id=text)
    return patients.filter(found | Q(begin_with(PATIENT_WORDS, words)) if words else found)
