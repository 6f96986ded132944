"""Messages to many at once: who gets them, and how far it has come."""

from django.db import models
from django.db.models import Q

from core.database import clock
from core.workflow import Event, Workflow
from customers.models import Customer
from notifications.channels import channel_choices
from notifications.content.rendering import LONGEST_MESSAGE, LONGEST_SUBJECT


class MailingState(models.TextChoices):
    """What staff see. Its messages have states of their own."""

    DRAFT = "draft"
    RUNNING = "running", "being written"
    STOPPED = "stopped"
    DONE = "done"
    CANCELLED = "cancelled"


MAILING = Workflow(
    transitions={
        "draft": frozenset({"running", "cancelled"}),
        "running": frozenset({"stopped", "done"}),
        "stopped": frozenset({"running", "cancelled"}),
        "done": frozenset(),
        "cancelled": frozenset(),
    }
)


class Mailing(models.Model):
    """One text to many customers. A message row is made for each, in chunks, in the background."""

    WORKFLOW = MAILING

    channel = models.CharField(
        max_length=20,
        choices=channel_choices,
        blank=True,
        default="",
        help_text="Empty: the one each customer chose, or the first that reaches them.",
    )
    template_name = models.CharField(
        max_length=40, blank=True, default="", help_text="A template of its own, or none."
    )
    subject = models.CharField(max_length=LONGEST_SUBJECT, blank=True, default="")
    message = models.TextField(max_length=LONGEST_MESSAGE, blank=True, default="")
    state = models.CharField(
        max_length=20, choices=MailingState.choices, default=MailingState.DRAFT, editable=False
    )
    total = models.PositiveIntegerField(default=0, editable=False)
    written = models.PositiveIntegerField(default=0, editable=False)
    suppressed = models.PositiveIntegerField(default=0, editable=False)
    created_by = models.CharField(max_length=100, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    worked_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="running"), name="mailing_running")
        ]

    def __str__(self) -> str:
        return f"mailing {self.pk}"

    @property
    def percent(self) -> int:
        """How much of it is made."""
        return 100 * self.written // self.total if self.total else 0


class MailingEvent(Event):
    """What was done to a mailing, and by whom."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]


class MailingRecipient(models.Model):
    """A customer whose message is still to be made: it goes with the row."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="recipients")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailing", "customer"], name="one_place_per_customer")
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}: {self.customer_id}"
