"""Workflows: a declared table of transitions, and the one helper that makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from core.database import clock


class TransitionNotAllowedError(Exception):
    """The workflow has no such transition. The text says what it is now and what was asked; nothing
    changed."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """Where a row may go from each state, and which event row records it.

    `event` is the reverse accessor of the event rows on the model (`order.events`).
    """

    transitions: Mapping[str, frozenset[str]]
    event: str = "events"

    def check(self, row: Any, to: str) -> None:
        """Raise TransitionNotAllowedError unless `row` may go to the state `to`."""
        state: str = row.state
        if to not in self.transitions[state]:
            name = row._meta.verbose_name
            raise TransitionNotAllowedError(f"This {name} is {state}: it cannot become {to}.")


class Event(models.Model):
    """One row per change of something: its history, its timeline and its messages read it."""

    is_append_only = True

    kind = models.CharField(max_length=40)
    from_state = models.CharField(max_length=30, blank=True, default="")
    to_state = models.CharField(max_length=30, blank=True, default="")
    at = models.DateTimeField(default=clock.now, editable=False)
    actor = models.CharField(max_length=100, default="system")
    detail = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"


def transition(
    row: models.Model,
    to: str,
    *,
    by: str,
    kind: str = "",
    detail: str = "",
    event_columns: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Event:
    """Lock the row, check its table, write the new state and its event; the event written.

    `changes` are other columns set in the same statement, `event_columns` those of its event. `row`
    is brought up to date. Raises TransitionNotAllowedError, with nothing written, when the table
    has no such transition. Runs in its own transaction or in the caller's; the event's `post_save`
    receivers run inside it.
    """
    model: Any = type(row)
    current: Any = row
    with transaction.atomic():
        locked = model._default_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
        model.WORKFLOW.check(locked, to)
        current.state = locked.state
        return transition_locked(
            row, to, by=by, kind=kind, detail=detail, event_columns=event_columns, **changes
        )


def transition_locked(
    row: models.Model,
    to: str,
    *,
    by: str,
    kind: str = "",
    detail: str = "",
    event_columns: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Event:
    """As `transition`, of a row that the caller has locked, and read under that lock."""
    model: Any = type(row)
    workflow: Workflow = model.WORKFLOW
    current: Any = row
    workflow.check(row, to)
    before = current.state
    model._default_manager.filter(pk=row.pk).update(state=to, **changes)
    for name, value in {"state": to, **changes}.items():
        setattr(row, name, value)
    event: Event = getattr(row, workflow.event).create(
        kind=kind or to,
        from_state=before,
        to_state=to,
        actor=by,
        detail=detail[:500],
        **(event_columns or {}),
    )
    return event
