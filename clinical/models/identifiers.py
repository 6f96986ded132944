"""What other systems call a patient: numbers of records, insurances, passports."""

from django.db import models

from clinical.identifiers import comparable
from clinical.models.patients import Patient
from core.database import clock
from core.encryption.fields import EncryptedCharField
from core.encryption.indexes import DigestField, IndexedModel, IndexedQuerySet
from core.history.tracking import tracked
from customers.values.validators import OneLine


class IdentifierType(models.TextChoices):
    """What kind of identifier it is: codes of HL7 table 0203, which FHIR's `Identifier.type` uses
    (https://terminology.hl7.org/CodeSystem-v2-0203.html)."""

    RECORD = "MR", "medical record number"
    NATIONAL = "NI", "national identifier"
    INSURANCE = "MB", "health insurance number"
    PASSPORT = "PPN", "passport number"
    LICENCE = "DL", "driving licence number"
    OTHER = "U", "other"


class PatientIdentifierQuerySet(IndexedQuerySet["PatientIdentifier"]):
    """Identifiers, whose index cannot be forgotten."""


@tracked(part_of="patient", exclude=["value_index"], keeps_reasons=True)
class PatientIdentifier(IndexedModel):
    """One identifier of a patient. Two patients never have the same one of a system."""

    touches = "patient"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="identifiers")
    type = models.CharField(
        max_length=3, choices=IdentifierType.choices, default=IdentifierType.RECORD
    )
    system = models.CharField(
        max_length=200,
        validators=[OneLine()],
        help_text="Who gives such numbers: a URI or a name, always written alike.",
    )
    value = EncryptedCharField(max_length=100, validators=[OneLine()], index="value_index")
    # What is unique and searched: see clinical/identifiers.py.
    value_index = DigestField(source="value", comparable=comparable)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = PatientIdentifierQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "value_index"], name="one_patient_per_identifier"
            )
        ]

    def __str__(self) -> str:
        return f"identifier {self.pk}"
