"""What clinicians write of a study: health data. Rows are added and never changed."""

from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from clinical.models.studies import Study
from core.database import clock
from core.encryption.fields import EncryptedTextField

LONGEST_REPORT = 20_000


class StudyReport(models.Model):
    """One version of a study's report; the one of the highest number holds.

    Made by `clinical.reading.reports` only. `reason` says why a signed version was amended.
    """

    is_append_only = True
    touches = "study"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveSmallIntegerField()
    text = EncryptedTextField(max_length=LONGEST_REPORT)
    reason = EncryptedTextField(max_length=500, blank=True, default="")
    written_by = models.CharField(max_length=100)
    at = models.DateTimeField("written at", default=clock.now, editable=False)

    class Meta:
        ordering = ["-number"]
        verbose_name = "report"
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="one_report_per_number")
        ]

    def __str__(self) -> str:
        return f"report {self.number} of study {self.study_id}"

    @property
    def signed_by(self) -> str:
        """Who answers for this version; empty for nobody."""
        signature = self._signature()
        return signature.signed_by if signature else ""

    @property
    def signed_at(self) -> datetime | None:
        """When it was signed; None for not yet."""
        signature = self._signature()
        return signature.at if signature else None

    def _signature(self) -> "ReportSignature | None":
        try:
            return self.signature
        except ObjectDoesNotExist:
            return None


class ReportSignature(models.Model):
    """That somebody answers for one version of a report."""

    is_append_only = True

    report = models.OneToOneField(StudyReport, on_delete=models.PROTECT, related_name="signature")
    signed_by = models.CharField(max_length=100)
    at = models.DateTimeField("signed at", default=clock.now, editable=False)

    class Meta:
        verbose_name = "signature"

    def __str__(self) -> str:
        return f"signature of report {self.report_id}"
