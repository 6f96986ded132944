"""When recurring orders ship."""

from django.db import models
from django.db.models import Q

from core.workflow import Event
from orders.models import Order, ShippingInterval
from shipping.models.zones import validate_time_zone
from shipping.states import SCHEDULE, ScheduleState


class CatchUp(models.TextChoices):
    """What ships after an outage: the newest missed occurrence, all of them, or none."""

    LATEST = "latest", "only the newest missed one"
    ALL = "all", "every missed one"
    NONE = "none", "none of the missed ones"


class Schedule(models.Model):
    """When a recurring order ships.

    Occurrence n falls on `anchor` + (n - `anchor_occurrence`) weeks or months, clamped to the
    month's end: always from the anchor, so 31 January, 28 February, 31 March. Numbers go on when
    the anchor is changed, so an occurrence's number is never used twice.
    """

    WORKFLOW = SCHEDULE

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="schedule")
    interval = models.CharField(
        max_length=10,
        choices=[choice for choice in ShippingInterval.choices if choice[0] != "none"],
    )
    anchor = models.DateField()
    # Below zero when a changed anchor lies more dates back than there were occurrences.
    anchor_occurrence = models.IntegerField(default=0, editable=False)
    time_zone = models.CharField(max_length=50, validators=[validate_time_zone])
    catch_up = models.CharField(max_length=10, choices=CatchUp.choices, default=CatchUp.LATEST)
    state = models.CharField(
        max_length=10, choices=ScheduleState.choices, default=ScheduleState.ACTIVE, editable=False
    )
    occurrence = models.PositiveIntegerField(
        default=0, editable=False, help_text="The number of the next one."
    )
    skipped_from = models.IntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="The first of those skipped right before the next one; null: none was.",
    )
    next_on = models.DateField(editable=False, help_text="The date of the next one.")
    resume_on = models.DateField(null=True, blank=True, help_text="When a pause ends by itself.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_on", "id"], condition=Q(state="active"), name="schedule_due"
            ),
            models.Index(
                fields=["time_zone", "resume_on"],
                condition=Q(state="paused", resume_on__isnull=False),
                name="schedule_pause_over",
            ),
            models.Index(fields=["state", "-id"], name="schedule_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.order.number} {self.interval}"


class ScheduleEvent(Event):
    """Something that was done to a schedule."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]
