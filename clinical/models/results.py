"""What laboratories report, each version as it came, and what became of it. Health data."""

from django.db import models
from django.db.models import Q

from clinical.models.patients import Patient
from clinical.models.samples import LONGEST_SERIAL, Sample
from clinical.models.studies import Study
from clinical.states import RESULT, ResultState
from core.database import clock
from core.encryption.fields import EncryptedCharField, EncryptedDateField, EncryptedTextField
from core.workflow import Event

LONGEST_REFERENCE = 100
LONGEST_PERSON = 200
LONGEST_FINDINGS = 10_000


class Flag(models.TextChoices):
    """What a result means for who sees to it; in the order of how soon."""

    NORMAL = "normal", "normal"
    POSITIVE = "positive", "positive"
    CRITICAL = "critical", "critical"


class VersionStatus(models.TextChoices):
    """The words of HL7 v2, table 0085, and FHIR's `Observation.status` in plain English."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


class LabMessage(models.Model):
    """A proven message of a laboratory, as it came, until it is read.

    One that cannot be read stays, with the problem in our words.
    """

    laboratory = models.CharField(max_length=30)
    digest = models.UUIDField(editable=False)
    # Any bytes, each as the letter of its number (latin-1).
    body = EncryptedTextField()
    received_at = models.DateTimeField(default=clock.now, editable=False)
    problem = models.CharField(max_length=200, blank=True, default="")
    set_aside_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name = "message of a laboratory"
        verbose_name_plural = "messages of laboratories"
        constraints = [
            models.UniqueConstraint(fields=["laboratory", "digest"], name="each_lab_message_once")
        ]

    def __str__(self) -> str:
        return f"message {self.pk} of {self.laboratory}"


class LabResult(models.Model):
    """What a laboratory reports of one sample, by its own reference; its versions are rows.

    Made and changed in `clinical/laboratories/` only. `number` is that of the version that holds,
    and `identity` stands for who it says the sample is of: what was decided for one holds for no
    other. Values are in the versions; the study holds one once it is released.
    """

    WORKFLOW = RESULT

    laboratory = models.CharField(max_length=30)
    reference = models.CharField(max_length=LONGEST_REFERENCE)
    state = models.CharField(
        max_length=20, choices=ResultState.choices, default=ResultState.UNMATCHED
    )
    number = models.PositiveIntegerField(default=0)
    flag = models.CharField(max_length=10, choices=Flag.choices, default=Flag.NORMAL)
    identity = models.UUIDField(null=True, editable=False)
    # Who attached it or took it off by hand; empty where the rule did.
    decided_by = models.CharField(max_length=100, blank=True, default="")
    sample = models.ForeignKey(
        Sample, on_delete=models.PROTECT, null=True, blank=True, related_name="results"
    )
    # Whose data a look at the result shows; also of a sample that was withdrawn.
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="results"
    )
    study = models.OneToOneField(
        Study, on_delete=models.PROTECT, null=True, blank=True, related_name="result"
    )
    received_at = models.DateTimeField(default=clock.now, editable=False)
    # Of a critical one that is held: how often somebody was called, and when the next one is.
    called = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    call_due_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "result"
        permissions = [("release_labresult", "Can see results before release, and release them")]
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory", "reference"], name="one_result_per_reference"
            ),
            models.UniqueConstraint(
                fields=["sample"],
                condition=~Q(state__in=["cancelled", "set-aside"]),
                name="one_result_per_sample",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ResultState.values), name="result_state_is_one_of_ours"
            ),
            models.CheckConstraint(
                condition=Q(sample__isnull=False)
                | Q(state__in=["unmatched", "set-aside", "cancelled"]),
                name="result_has_its_sample",
            ),
            models.CheckConstraint(
                condition=Q(study__isnull=False) | ~Q(state="released"),
                name="released_result_has_its_study",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="result_by_state"),
        ]

    def __str__(self) -> str:
        return f"result {self.pk}"


class ResultVersion(models.Model):
    """One version of a result as the laboratory reported it. Rows are added and never changed."""

    is_append_only = True

    result = models.ForeignKey(LabResult, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=11, choices=VersionStatus.choices)
    flag = models.CharField(max_length=10, choices=Flag.choices)
    serial = models.CharField(max_length=LONGEST_SERIAL)
    person = EncryptedCharField(max_length=LONGEST_PERSON)
    birth_date = EncryptedDateField(null=True)
    findings = EncryptedTextField(max_length=LONGEST_FINDINGS)
    issued_at = models.DateTimeField()
    raw = EncryptedTextField()
    at = models.DateTimeField("received at", default=clock.now, editable=False)

    class Meta:
        ordering = ["number"]
        verbose_name = "version"
        constraints = [
            models.UniqueConstraint(
                fields=["result", "number"], name="one_result_version_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"version {self.number} of result {self.result_id}"


class ResultEvent(Event):
    """Something that happened to a result. Never holds a value."""

    result = models.ForeignKey(LabResult, on_delete=models.PROTECT, related_name="events")
    detail = EncryptedCharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["id"]
