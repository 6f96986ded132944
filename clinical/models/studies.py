"""Studies of patients, of images and of samples: health data."""

from django.db import models
from django.db.models import Case, Q, Value, When

from clinical.models.patients import Patient
from clinical.states import STUDY, WAITING, StudyState
from core.database import clock
from core.database.versions import ChangedAtField, VersionField
from core.encryption.fields import EncryptedCharField, EncryptedTextField
from core.history.tracking import tracked
from core.workflow import Event
from customers.values.validators import OneLine
from identity.models import User


class Urgency(models.TextChoices):
    """How soon a study must be read (requirement B2)."""

    HIGH = "HIGH", "high"
    MID = "MID", "medium"
    LOW = "LOW", "low"


# Its order in the database: by alphabet, low would come before medium.
URGENCY_RANK = Case(
    *(
        When(urgency_level=urgency.value, then=Value(rank))
        for rank, urgency in enumerate((Urgency.HIGH, Urgency.MID))
    ),
    default=Value(2),
    output_field=models.SmallIntegerField(),
)


class Modality(models.TextChoices):
    """How a study is taken: requirement B2 and the common ones of DICOM PS3.3, C.7.3.1.1.1; or in a
    laboratory."""

    XRAY = "XRAY", "X-ray"
    MAMMOGRAM = "MAMMOGRAM", "mammogram"
    CT = "CT", "computed tomography"
    MRI = "MRI", "magnetic resonance"
    ULTRASOUND = "ULTRASOUND", "ultrasound"
    PET = "PET", "positron emission tomography"
    NUCLEAR = "NUCLEAR", "nuclear medicine"
    FLUOROSCOPY = "FLUOROSCOPY", "fluoroscopy"
    ANGIOGRAPHY = "ANGIOGRAPHY", "angiography"
    DEXA = "DEXA", "bone density"
    ECHOCARDIOGRAM = "ECHOCARDIOGRAM", "echocardiogram"
    ENDOSCOPY = "ENDOSCOPY", "endoscopy"
    LABORATORY = "LABORATORY", "laboratory"
    OTHER = "OTHER", "other"


class StudyQuerySet(models.QuerySet["Study"]):
    """Studies, and those of them that count."""

    def on_record(self) -> "StudyQuerySet":
        """Without the ones that were entered in error."""
        return self.exclude(state=StudyState.ENTERED_IN_ERROR)

    def waiting(self) -> "StudyQuerySet":
        """Those that wait for a clinician, the most urgent first, of these the oldest."""
        rows = self.filter(state__in=sorted(WAITING))
        return rows.order_by(URGENCY_RANK, "performed_at", "id")


@tracked(exclude=["import_key", "changed_at"], keeps_reasons=True)
class Study(models.Model):
    """One examination of a patient, of images or in a laboratory.

    Made and changed by `clinical.services` only: every change has its StudyEvent. No row is ever
    deleted: see docs/decisions on health records.
    """

    WORKFLOW = STUDY

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    urgency_level = models.CharField(max_length=4, choices=Urgency.choices)
    body_part = EncryptedCharField(max_length=100, validators=[OneLine()])
    description = EncryptedTextField(max_length=2000, blank=True, default="")
    type = models.CharField(max_length=20, choices=Modality.choices)
    state = models.CharField(
        max_length=20, choices=StudyState.choices, default=StudyState.REGISTERED, editable=False
    )
    # Since when it can be read: what is overdue is counted from here.
    performed_at = models.DateTimeField(null=True, editable=False)
    # Who has taken it from the worklist; nobody else reports it meanwhile.
    reader = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, db_index=False, related_name="+"
    )
    # Which row of an import this is, so that a repeated import adds nothing
    # (clinical/imports/studies.py).
    import_key = models.CharField(max_length=64, null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    version = VersionField()
    # When it, or its report, was changed last.
    changed_at = ChangedAtField()

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "studies"
        permissions = [("sign_study", "Can sign and amend reports")]
        constraints = [
            models.UniqueConstraint(fields=["import_key"], name="one_study_per_import_key"),
            models.CheckConstraint(
                condition=Q(state__in=StudyState.values), name="study_state_is_one_of_ours"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(WAITING)) | Q(performed_at__isnull=False),
                name="study_waits_since_it_was_performed",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-id"], name="study_by_patient"),
            models.Index(fields=["state", "-id"], name="study_by_state"),
            models.Index(fields=["created_at", "-id"], name="study_by_time"),
            models.Index(fields=["changed_at"], name="study_by_change"),
            models.Index(
                URGENCY_RANK,
                "performed_at",
                "id",
                condition=Q(state__in=sorted(WAITING)),
                name="study_worklist",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.pk}"


class StudyEvent(Event):
    """Something that happened to a study."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="events")
    detail = EncryptedCharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["id"]


class WaitingStudy(Study):
    """A study on the worklist: the same row, for a page of its own in the admin."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = "study to read"
        verbose_name_plural = "worklist"
