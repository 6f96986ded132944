"""Rows that serve every app: idempotency keys, circuit breakers, leases, figures, cases."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.cases.models import Case, CaseEvent
from core.database import clock
from core.encryption.fields import EncryptedTextField
from core.encryption.models import EncryptionKey

__all__ = [
    "Case",
    "CaseEvent",
    "Circuit",
    "EncryptionKey",
    "Failure",
    "IdempotencyKey",
    "QueueLease",
]


class IdempotencyKey(models.Model):
    """The answer that was given under a client's key, committed together with the work."""

    scope = models.CharField(max_length=200, help_text="Client, method and route.")
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    answer = models.JSONField(help_text="Of a row of the release before; else null.")
    answer_text = models.TextField(
        default="", db_default="", help_text="The same, of the release before."
    )
    encrypted_answer = EncryptedTextField(
        default="", db_default="", help_text="The JSON as it was sent: it may hold patients."
    )
    location = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)
    token_scopes = ArrayField(
        models.CharField(max_length=40),
        null=True,
        help_text="What the token might see that the answer was given to. Null: not known.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="one_answer_per_idempotency_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.scope


class Circuit(models.Model):
    """The breaker of one destination (`shipping:reference`). No row means closed."""

    name = models.CharField(max_length=60, unique=True)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)
    # Why nothing goes through until somebody acts; empty for a pause that ends by itself.
    halted = models.CharField(max_length=200, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return self.name


class ReferenceMark(models.Model):
    """One row: renewed with each change of reference data (core/database/reference.py)."""

    id = models.SmallIntegerField(primary_key=True)
    mark = models.UUIDField()

    def __str__(self) -> str:
        return "mark"


class QueueLease(models.Model):
    """Who works a queue to the outside, and until when it is theirs (core/outbox/leases.py)."""

    name = models.CharField(max_length=60, unique=True)
    # Goes up with each change of hands: what an earlier holder says does not count.
    fence = models.BigIntegerField(default=0)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: free.")
    holder = models.CharField(max_length=80, blank=True, default="", help_text="Host and process.")

    def __str__(self) -> str:
        return self.name


class Failure(models.Model):
    """A row of ours whose work raises, and is left alone for a while (core/failures.py)."""

    work = models.CharField(max_length=120, help_text="What could not be done.")
    row = models.BigIntegerField(default=0, help_text="With which row; 0: the step as a whole.")
    error = models.CharField(max_length=200, help_text="Its kind, and where it was raised.")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["work", "row"], name="one_failure_per_work_and_row")
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.row}" if self.row else self.work


class Tally(models.Model):
    """One figure of `/metrics` that every process adds to (core/observability/metrics.py)."""

    name = models.CharField(max_length=80)
    labels = models.CharField(max_length=300, help_text="JSON, its keys in order.")
    part = models.CharField(max_length=10, blank=True, default="", help_text="Of a histogram.")
    value = models.FloatField(default=0.0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(fields=["name", "labels", "part"], name="one_tally_each")
        ]

    def __str__(self) -> str:
        return self.name
