"""A case per thing that somebody must look at, and its history."""

from django.db import models
from django.db.models import Q

from core.database import clock
from core.workflow import Event


class Case(models.Model):
    """Something that went wrong with one row, from when it was noticed until it was put right.

    Texts carry no personal data. Made and closed by `core.cases` only.
    """

    kind = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    source = models.CharField(
        max_length=60, blank=True, default="", help_text="The provider or channel it came from."
    )
    title = models.CharField(max_length=200)
    happened = models.CharField(max_length=500)
    said = models.CharField(
        max_length=500, blank=True, default="", help_text="What the other side said, in its words."
    )
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=100, blank=True, default="")
    closing_reason = models.CharField(max_length=500, blank=True, default="")
    # Closed by staff though the row is as it was: not opened again until something else happens.
    dismissed = models.BooleanField(default=False, editable=False)
    # Who sees to it, as an actor (`user:5 sara`): people are in a layer above.
    assignee = models.CharField("taken by", max_length=100, blank=True, default="", db_default="")
    snoozed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "kind"],
                condition=Q(closed_at=None),
                name="one_open_case_per_subject",
            )
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="case_by_age"),
            models.Index(
                fields=["opened_at", "id"], condition=Q(closed_at=None), name="case_open_by_age"
            ),
            models.Index(
                fields=["kind", "opened_at", "id"],
                condition=Q(closed_at=None),
                name="case_open_by_kind",
            ),
            models.Index(fields=["subject_type", "subject_id"], name="case_by_subject"),
            # What the reconciler asks of each row that a case may be about: is it known?
            models.Index(
                fields=["kind", "subject_id"],
                condition=Q(closed_at=None) | Q(dismissed=True),
                name="case_in_force",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CaseEvent(Event):
    """A step in the handling of a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]
        verbose_name = "step"
