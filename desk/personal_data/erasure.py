"""Erasing a person: what would go is seen first, and a second person confirms it."""

import logging
from dataclasses import dataclass

from django.db import transaction

from clinical.attachments.erased import remove_erased_files
from core.database import clock
from core.workflow import TransitionNotAllowedError
from desk.models import Erasure, ErasureState
from desk.personal_data.catalogue import parts_of
from desk.personal_data.parts import NotErasableError, Subject
from identity.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an erasure does to one part: rows that change, and what stays of it and why."""

    name: str
    rows: int
    kept: str


def preview(subject: Subject) -> list[Effect]:
    """What an erasure would do: it is done, counted and taken back.

    Raises NotErasableError when nothing may be erased now.
    """
    with transaction.atomic():
        effects = _erase(subject)
        transaction.set_rollback(True)
    return effects


def request(kind: str, subject: int, *, by: User, reason: str) -> Erasure:
    """Ask for it; nothing is erased yet. Raises ValidationError for nobody, or a second request."""
    asked = Erasure(kind=kind, subject=subject, requested_by=by, reason=reason)
    asked.full_clean()
    asked.save()
    return asked


@transaction.atomic
def confirm(erasure: Erasure, *, by: User) -> Erasure:
    """Erase, as the second person; the request, with what was done.

    Raises TransitionNotAllowedError for the person who asked, and when it was decided before;
    NotErasableError when nothing may be erased now.
    """
    locked = _open(erasure)
    if locked.requested_by_id == by.pk:
        raise TransitionNotAllowedError("Somebody else has to confirm what you have asked for.")
    _decide(locked, ErasureState.ERASING, by)
    subject = Subject(locked.kind, locked.subject, locked.pk)  # type: ignore[arg-type]  # of its kinds
    effects = _erase(subject)
    locked.outcome = {effect.name: effect.rows for effect in effects if effect.rows}
    _decide(locked, ErasureState.DONE, by)
    logger.info("erasure %s of a %s done by %s", locked.pk, locked.kind, by.actor)
    # What the storage does not remove now, the sweeper tries again.
    transaction.on_commit(remove_erased_files, robust=True)
    return locked


@transaction.atomic
def withdraw(erasure: Erasure, *, by: User) -> Erasure:
    """Do without it. Raises TransitionNotAllowedError when it was decided before."""
    locked = _open(erasure)
    _decide(locked, ErasureState.WITHDRAWN, by)
    return locked


def _open(erasure: Erasure) -> Erasure:
    locked = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure.pk)
    if locked.state != ErasureState.REQUESTED:
        raise TransitionNotAllowedError(f"This request is {locked.state}.")
    return locked


def _decide(erasure: Erasure, state: str, by: User) -> None:
    erasure.state, erasure.decided_by, erasure.decided_at = state, by, clock.now()
    erasure.save(update_fields=["state", "decided_by", "decided_at", "outcome"])


def _erase(subject: Subject) -> list[Effect]:
    return [Effect(part.name, part.erase(subject), part.kept) for part in parts_of(subject.kind)]


__all__ = ["Effect", "NotErasableError", "confirm", "preview", "request", "withdraw"]
