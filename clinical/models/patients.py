"""Patients: health data."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.deconstruct import deconstructible

from clinical.births import Born, Precision, validate_birth_date
from clinical.search_tokens import tokens_of
from core.database import clock
from core.database.versions import ChangedAtField, VersionField
from core.encryption.fields import (
    EncryptedCharField,
    EncryptedDateField,
    EncryptedEmailField,
)
from core.encryption.indexes import DigestField, IndexedModel, IndexedQuerySet, TokensField
from core.history.tracking import tracked
from customers.models import Customer
from customers.search.search_vector import PrefixSearchVector
from customers.values.validators import OneLine


class PatientWords(PrefixSearchVector):
    """The index before text was folded: for the migration `0001_initial` alone."""

    template = (
        "array_to_tsvector(array_remove(string_to_array(lower(%(expressions)s) || ' ' || "
        "translate(lower(%(expressions)s), '-', ' '), ' '), ''))"
    )


NAMELESS = "Give at least one of the two names."


@deconstructible
class HoldsLetter(RegexValidator):
    """No “.” or “-” in place of a name that somebody does not have."""

    regex = r"[^\W_]"
    message = "This is no name. Leave it empty when there is none: one of the two is enough."
    code = "no_letter"


def _name() -> "EncryptedCharField":
    return EncryptedCharField(
        max_length=100,
        blank=True,
        default="",
        validators=[OneLine(), HoldsLetter()],
        help_text="Who has one name only leaves the other empty.",
    )


class PatientQuerySet(IndexedQuerySet["Patient"]):
    """Patients, and those of them who are looked for."""

    def current(self) -> "PatientQuerySet":
        """Without the archived ones, and without records that were merged into another."""
        return self.filter(archived_at__isnull=True, merged_into__isnull=True)

    def archived(self) -> "PatientQuerySet":
        """The archived ones, without records that were merged into another."""
        return self.filter(archived_at__isnull=False, merged_into__isnull=True)


@tracked(exclude=["external_id_index", "search_tokens", "changed_at"], keeps_reasons=True)
class Patient(IndexedModel):
    """A person we hold health data of; perhaps, but not always, one of our customers.

    No verb deletes a row: it is archived (decision 0005). One that
    was merged into another stays as it was, and points to it (0044).
    """

    first_name = _name()
    last_name = _name()
    # The first day of what is known.
    birth_date = EncryptedDateField(validators=[validate_birth_date])
    birth_date_precision = models.CharField(
        max_length=5, choices=Precision, default=Precision.DAY, db_default=Precision.DAY
    )
    email = EncryptedEmailField(blank=True, default="")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="patients"
    )
    external_id = EncryptedCharField(
        max_length=50,
        null=True,
        blank=True,
        editable=False,
        index="external_id_index",
        help_text="The id in the system it was imported from.",
    )
    external_id_index = DigestField(source="external_id", null=True)
    search_tokens = TokensField(
        made_from=["first_name", "last_name", "email", "birth_date", "birth_date_precision"],
        made_by="make_search_tokens",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="merged_records",
        db_index=False,
    )
    version = VersionField()
    # When it, or one of its identifiers, was changed last.
    changed_at = ChangedAtField()

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("merge_patient", "Can merge patients, and undo a merge")]
        constraints = [
            models.UniqueConstraint(
                fields=["external_id_index"], name="one_patient_per_external_id"
            ),
            models.CheckConstraint(
                condition=~Q(first_name="", last_name=""), name="patient_has_a_name"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merged_into"],
                name="patient_merged",
                condition=Q(merged_into__isnull=False),
            ),
            GinIndex(fields=["search_tokens"], name="patient_by_tokens"),
            models.Index(fields=["changed_at"], name="patient_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def born(self) -> Born:
        """The birth date as far as it is known."""
        return Born(self.birth_date, Precision(self.birth_date_precision))

    @property
    def survivor(self) -> "Patient":
        """The record that this one was merged into, at the end of the chain, or itself."""
        patient = self
        while patient.merged_into is not None:
            patient = patient.merged_into
        return patient

    def make_search_tokens(self) -> set[int]:
        """What it is found by. Raises ValueError for a birth date that says more than is known."""
        field: Any = self._meta.get_field("birth_date")
        born = Born(field.to_python(self.birth_date), Precision(self.birth_date_precision))
        return tokens_of(self.first_name, self.last_name, self.email, born)

    def clean(self) -> None:
        """Raise ValidationError for somebody without any name."""
        if not (self.first_name or self.last_name):
            raise ValidationError({"last_name": ValidationError(NAMELESS, "nameless")})
