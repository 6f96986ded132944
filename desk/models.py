"""What the workplace itself keeps: what was done for the rights of persons; figures of days; saved
views; how soon exceptions are due."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from clinical.models import Patient
from core.cases.models import Case
from core.database import clock
from core.history.tracking import tracked
from customers.models import Customer
from identity.models import User


class ErasureState(models.TextChoices):
    """What became of a request."""

    REQUESTED = "requested", "waits for a second person"
    ERASING = "erasing", "being done"  # seen by nobody: within the transaction that does it
    DONE = "done"
    WITHDRAWN = "withdrawn"


class Erasure(models.Model):
    """That somebody asks to erase what is held of a customer or patient, as far as the law lets it.

    Made and moved on by `desk.personal_data.erasure` only. No text names the person.
    """

    MARKED_BY = ("state",)

    class Kind(models.TextChoices):
        """Whom it is about."""

        CUSTOMER = "customer"
        PATIENT = "patient"

    kind = models.CharField("of", max_length=10, choices=Kind.choices)
    subject = models.BigIntegerField("number", help_text="The customer's or patient's number.")
    reason = models.CharField(max_length=500, help_text="Kept on record: name nobody.")
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="erasures_requested", editable=False
    )
    requested_at = models.DateTimeField(default=clock.now, editable=False)
    state = models.CharField(
        max_length=10,
        choices=ErasureState.choices,
        default=ErasureState.REQUESTED,
        editable=False,
    )
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="erasures_decided", editable=False
    )
    decided_at = models.DateTimeField(null=True, editable=False)
    # Part -> how many rows were changed.
    outcome = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state="requested"),
                name="one_open_erasure_each",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(decided_by=models.F("requested_by")),
                name="erasure_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    def clean(self) -> None:
        """Raise ValidationError when there is no such customer or patient, or it is asked for."""
        check_is_there(self.kind, self.subject)
        same = Erasure.objects.filter(kind=self.kind, subject=self.subject)
        if same.filter(state=ErasureState.REQUESTED).exclude(pk=self.pk).exists():
            raise ValidationError("Somebody has asked for that already.")


class ErasureStep(models.Model):
    """That a history was emptied for an erasure: how many rows of which. Written by the database,
    in the name of the tables' owner (desk/personal_data/append_only/function.py)."""

    is_append_only = True
    is_written_by_triggers = True

    erasure = models.ForeignKey(
        Erasure, on_delete=models.PROTECT, related_name="steps", editable=False
    )
    what = models.CharField(max_length=60)
    rows = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.what}: {self.rows}"


def check_is_there(kind: str, key: int | None) -> None:
    """Raise ValidationError (`subject`) when there is no such customer or patient."""
    model: Any = {"customer": Customer, "patient": Patient}.get(kind)
    if model and key is not None and not model.objects.filter(pk=key).exists():
        raise ValidationError({"subject": f"There is no {kind} {key}."})


class SavedView(models.Model):
    """How somebody narrows a list, to open it so again: filters and order, no text of a search."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    model = models.CharField(max_length=80, help_text="Whose list it is, such as orders.order.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True, default="")
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["model", "owner", "name"], name="one_view_of_a_name")
        ]
        indexes = [models.Index(fields=["model"], condition=Q(is_shared=True), name="view_shared")]

    def __str__(self) -> str:
        return f"view {self.pk}"


class PersonExport(models.Model):
    """That all that is held of somebody was given out."""

    is_append_only = True

    kind = models.CharField("of", max_length=10, choices=Erasure.Kind.choices)
    subject = models.BigIntegerField("number")
    reason = models.CharField(max_length=500)
    actor = models.CharField(max_length=100)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = "export of a person's data"
        verbose_name_plural = "exports of persons' data"

    def __str__(self) -> str:
        return f"export {self.pk}"


class RetentionRun(models.Model):
    """What a nightly run let go."""

    is_append_only = True

    at = models.DateTimeField(default=clock.now, editable=False)
    what = models.CharField(max_length=60)
    rows = models.PositiveIntegerField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.what}: {self.rows}"


class CaseVisit(models.Model):
    """That somebody has a case open, so that two people do not work on it unknown to each other.

    Renewed while the page is open; nobody's past is kept.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="visits")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["case", "user"], name="one_visit_each"),
        ]

    def __str__(self) -> str:
        return f"visit {self.pk}"


class DayFigures(models.Model):
    """How many orders, parcels, messages and exceptions a day had. Kept by `desk.start.rollup`.

    `figures` is a dictionary of dictionaries: `{"parcels": {"reference": 3}}`; amounts are text.
    """

    day = models.DateField(unique=True, help_text="In Dosette's own time zone.")
    counted_at = models.DateTimeField()
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ["-day"]
        verbose_name = "figures of a day"
        verbose_name_plural = "figures of days"

    def __str__(self) -> str:
        return f"{self.day}"


@tracked()
class CaseDueTime(models.Model):
    """How soon cases of a kind should be dealt with, as staff have set it."""

    kind = models.CharField(max_length=40, unique=True, editable=False)
    hours = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 92)],
        help_text="Hours from when it was opened. Empty: as it comes with Dosette.",
    )

    class Meta:
        ordering = ["kind"]
        default_permissions = ("view", "change")
        verbose_name = "due time"

    def __str__(self) -> str:
        return self.kind
