"""Patients: health data."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.deconstruct import deconstructible

from clinical.births import Born, Precision, validate_birth_date
from core.database import clock
from core.database.folding import SearchVector, SortKey
from core.database.versions import VersionField
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


# The parts of hyphenated names, and the e-mail address as it stands: leaner than that of customers,
# which would take as long as all the rest of an import.
PATIENT_SEARCH_VECTOR = SearchVector("first_name", "last_name", "email", parted="-")


NAMELESS = "Give at least one of the two names."


@deconstructible
class HoldsLetter(RegexValidator):
    """No “.” or “-” in place of a name that somebody does not have."""

    regex = r"[^\W_]"
    message = "This is no name. Leave it empty when there is none: one of the two is enough."
    code = "no_letter"


def _name() -> "models.CharField[Any, Any]":
    return models.CharField(
        max_length=100,
        blank=True,
        default="",
        validators=[OneLine(), HoldsLetter()],
        help_text="Who has one name only leaves the other empty.",
    )


class PatientQuerySet(models.QuerySet["Patient"]):
    """Patients, and those of them who are looked for."""

    def current(self) -> "PatientQuerySet":
        """Without the archived ones, and without records that were merged into another."""
        return self.filter(archived_at__isnull=True, merged_into__isnull=True)

    def archived(self) -> "PatientQuerySet":
        """The archived ones, without records that were merged into another."""
        return self.filter(archived_at__isnull=False, merged_into__isnull=True)


@tracked()
class Patient(models.Model):
    """A person we hold health data of; perhaps, but not always, one of our customers.

    No verb deletes a row: it is archived (decision 0005). One that
    was merged into another stays as it was, and points to it (0044).
    """

    first_name = _name()
    last_name = _name()
    # The first day of what is known.
    birth_date = models.DateField(validators=[validate_birth_date])
    birth_date_precision = models.CharField(
        max_length=5, choices=Precision, default=Precision.DAY, db_default=Precision.DAY
    )
    email = models.EmailField(blank=True, default="")
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="patients"
    )
    external_id = models.CharField(
        max_length=50,
        null=True,
        blank=True,
        editable=False,
        help_text="The id in the system it was imported from.",
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

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("merge_patient", "Can merge patients, and undo a merge")]
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="one_patient_per_external_id"),
            models.CheckConstraint(
                condition=~Q(first_name="", last_name=""), name="patient_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(birth_date_precision=Precision.DAY)
                | Q(birth_date_precision=Precision.MONTH, birth_date__day=1)
                | Q(birth_date_precision=Precision.YEAR, birth_date__day=1, birth_date__month=1),
                name="patient_birth_date_is_first_day",
            ),
        ]
        indexes = [
            models.Index(
                SortKey("last_name"), "last_name", F("id").desc(), name="patient_by_alphabet"
            ),
            models.Index(fields=["birth_date", "-id"], name="patient_by_birth_date"),
            models.Index(
                fields=["merged_into"],
                name="patient_merged",
                condition=Q(merged_into__isnull=False),
            ),
            GinIndex(PATIENT_SEARCH_VECTOR, name="patient_search_vector"),
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

    def clean(self) -> None:
        """Raise ValidationError for somebody without any name."""
        if not (self.first_name or self.last_name):
            raise ValidationError({"last_name": ValidationError(NAMELESS, "nameless")})
