"""What other systems call a patient: numbers of records, insurances, passports."""

from typing import Any

from django.db import models

from clinical.identifiers import value_index
from clinical.models.patients import Patient
from core.database import clock
from core.encryption.fields import EncryptedCharField
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


@tracked(part_of="patient", exclude=["value_index"])
class PatientIdentifier(models.Model):
    """One identifier of a patient. Two patients never have the same one of a system."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="identifiers")
    type = models.CharField(
        max_length=3, choices=IdentifierType.choices, default=IdentifierType.RECORD
    )
    system = models.CharField(
        max_length=200,
        validators=[OneLine()],
        help_text="Who gives such numbers: a URI or a name, always written alike.",
    )
    value = EncryptedCharField(max_length=100, validators=[OneLine()])
    # What is unique and searched: see clinical/identifiers.py.
    value_index = models.UUIDField(editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "value_index"], name="one_patient_per_identifier"
            )
        ]

    def __str__(self) -> str:
        return f"identifier {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it, with what it is found by."""
        self.value_index = value_index(self.value)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "value_index"}
        super().save(*args, **kwargs)
