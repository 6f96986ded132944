"""Records of the same person that were made one, and how to take that back."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinical.models.patients import Patient
from core.database import clock
from core.encryption.fields import EncryptedTextField


class PatientMerge(models.Model):
    """One merge: `merged` points to `survivor` until it is undone.

    Made and undone by `clinical/patients/`, which needs what is kept here.
    """

    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges_away")
    at = models.DateTimeField(default=clock.now, editable=False)
    actor = models.CharField(max_length=100)
    reason = EncryptedTextField(max_length=500)
    # The keys of what moved.
    studies = ArrayField(models.BigIntegerField(), default=list)
    identifiers = ArrayField(models.BigIntegerField(), default=list)
    # The survivor's fields that have the merged record's value, and were not written since.
    taken = ArrayField(models.CharField(max_length=30), default=list)
    # The survivor's own values of those, as JSON: health data.
    before = EncryptedTextField(default="{}")
    undone_at = models.DateTimeField(null=True, editable=False)
    undone_by = models.CharField(max_length=100, blank=True, default="")
    undo_reason = EncryptedTextField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(undone_at__isnull=True),
                name="one_merge_of_a_record_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"merge {self.pk}"
