"""What both files have: the clinic's id of a patient, and cells as encrypted columns keep them."""

from typing import Any
from uuid import UUID

from django.db.models import Model

from clinical.models import Patient
from core.imports import Clean, identifier, limits_of


def external_id_check() -> Clean:
    """The check of a cell that holds the clinic's id of a patient, or nothing."""
    return identifier(limits_of(Patient, "external_id", blank=True))


def for_copy(model: type[Model], name: str, text: str) -> str:
    """A text as its encrypted column keeps it, in the form that COPY reads."""
    field: Any = model._meta.get_field(name)
    return f"\\x{field.encrypted(text).hex()}"


def decrypted(model: type[Model], name: str, stored: Any) -> Any:
    """What stands in the table, decrypted."""
    field: Any = model._meta.get_field(name)
    return field.decrypted(stored)


def index_of(external_id: str) -> UUID:
    """The digest by which a patient with this foreign id is looked up."""
    field: Any = Patient._meta.get_field("external_id_index")
    index: UUID = field.digest_of(external_id)
    return index
