"""What laboratories work on: a person's sample, known by its serial. Health data."""

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from clinical.births import validate_birth_date
from clinical.models.patients import HoldsLetter, Patient
from clinical.states import SAMPLE, SampleState
from core.database import clock
from core.encryption.fields import EncryptedCharField, EncryptedDateField
from core.encryption.indexes import DigestField, IndexedModel, IndexedQuerySet
from core.workflow import Event
from customers.values.validators import OneLine

LONGEST_SERIAL = 40
# Letters, digits, and what Crockford's Base32 has beside them as check characters.
IS_SERIAL = RegexValidator(r"^[0-9A-Z*~$=]+\Z", "This is no serial: check it against the kit.")


class Sex(models.TextChoices):
    """Administrative gender, the words of FHIR R4
    (https://hl7.org/fhir/R4/valueset-administrative-gender.html)."""

    FEMALE = "female", "female"
    MALE = "male", "male"
    OTHER = "other", "other"
    UNKNOWN = "unknown", "unknown"


def written_date(value: date | str) -> str:
    """A date as ISO 8601 writes it: what of it is compared."""
    return str(value)


def _name() -> "EncryptedCharField":
    return EncryptedCharField(
        max_length=100, blank=True, default="", validators=[OneLine(), HoldsLetter()]
    )


class SampleQuerySet(IndexedQuerySet["Sample"]):
    """Samples, whose index cannot be forgotten."""


class Sample(IndexedModel):
    """One sample of one person, as it was registered; names and birth date are the test taker's.

    They are what a laboratory's result is compared with, so they stay as they were given, whatever
    becomes of the patient's record. Made and changed by `clinical.laboratories.samples` only.
    """

    WORKFLOW = SAMPLE

    serial = models.CharField(max_length=LONGEST_SERIAL, unique=True, validators=[IS_SERIAL])
    kit_type = models.CharField(max_length=100)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="samples")
    first_name = _name()
    last_name = _name()
    birth_date = EncryptedDateField(validators=[validate_birth_date], index="birth_date_index")
    birth_date_index = DigestField(source="birth_date", comparable=written_date, db_index=True)
    sex = EncryptedCharField(max_length=10, choices=Sex.choices)
    sampled_at = models.DateTimeField()
    consent_version = models.CharField(max_length=50)
    state = models.CharField(
        max_length=20, choices=SampleState.choices, default=SampleState.REGISTERED
    )
    registered_at = models.DateTimeField(default=clock.now, editable=False)

    objects = SampleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(first_name="", last_name=""), name="sample_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(state__in=SampleState.values), name="sample_state_is_one_of_ours"
            ),
            models.CheckConstraint(condition=~Q(serial=""), name="sample_has_a_serial"),
        ]

    def __str__(self) -> str:
        return f"sample {self.serial}"

    @property
    def person(self) -> str:
        """The test taker's name."""
        return f"{self.first_name} {self.last_name}".strip()


class SampleEvent(Event):
    """Something that happened to a sample."""

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="events")
    detail = EncryptedCharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["id"]
