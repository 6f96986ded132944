"""Identifiers of patients as they are compared: without blanks, in letters of any case."""

from uuid import UUID

from core.encryption.blind_index import digest
from core.values.text import code

CONTEXT = "clinical_patientidentifier.value"


def value_index(value: str) -> UUID:
    """What stands for an identifier's value where it is unique, and where it is looked for."""
    return digest(CONTEXT, comparable(value))


def comparable(value: str) -> str:
    """The value without blanks, in small common letters: `AB 12` is `ab12`."""
    return code(value).replace(" ", "").casefold()
