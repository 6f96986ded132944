"""What laboratories post: kept as it came, answered, then read.

A message that was read is deleted: each version of a result keeps what it was read from. One that
cannot be read stays, and is a case; nothing in it is guessed.
"""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from clinical.laboratories import adapters
from clinical.laboratories.applying import ConflictingVersionError, take
from clinical.laboratories.contract import InvalidMessageError
from clinical.models import LabMessage
from core import cases, shutdown
from core.cases import CaseDraft
from core.database import clock
from core.encryption.blind_index import digest
from core.failures import each, waiting

logger = logging.getLogger(__name__)

WORK = "read the message of a laboratory"  # what a failure is known by (core/failures.py)
NOT_UNDERSTOOD = "lab-message-not-understood"


def store(laboratory: str, body: bytes) -> None:
    """Keep a proven message for good, the same one once. The sweeper has it read.

    One that was set aside, and is sent again, is read again.
    """
    text = body.decode("latin-1")
    message = LabMessage(
        laboratory=laboratory, body=text, digest=digest(f"clinical_labmessage.{laboratory}", text)
    )
    LabMessage.objects.bulk_create([message], ignore_conflicts=True)
    same = LabMessage.objects.filter(laboratory=laboratory, digest=message.digest)
    same.filter(set_aside_at__isnull=False).update(set_aside_at=None, problem="")


def read_waiting() -> int:
    """Read what has come, the oldest first, each message by itself; how many."""
    done = 0
    while not shutdown.is_requested() and (ids := waiting(WORK, _unread().order_by("pk"))):
        count = each(WORK, ids, read)
        done += count
        if not count:  # others have them
            break
    return done


@transaction.atomic
def read(pk: int) -> int:
    """Take the versions that a message holds; 0 where somebody else reads it, or has."""
    rows = LabMessage.objects.select_for_update(skip_locked=True)
    message = rows.filter(pk=pk, problem="", set_aside_at=None).first()
    if message is None:
        return 0
    problem = _taken(message)
    if problem:
        LabMessage.objects.filter(pk=pk).update(problem=problem[:200])
        cases.open(describe(list(first_not_understood().filter(laboratory=message.laboratory))))
    else:
        message.delete()
    return 1


def _taken(message: LabMessage) -> str:
    """Take it; what is wrong with it, in our words, where nothing of it can be."""
    try:
        laboratory = adapters.get(message.laboratory)
        reported = laboratory.results(message.body.encode("latin-1"))
    except InvalidMessageError as error:
        return error.problem
    except Exception as error:  # noqa: BLE001 - a bug in an adapter must not lose what was reported
        # Kind only: its text may quote the body.
        logger.error("%s in %s", type(error).__name__, message.laboratory)
        return f"our own {type(error).__name__}"
    try:
        with transaction.atomic():
            # In one order everywhere, so that two messages cannot wait for each other.
            for result in sorted(reported, key=lambda each: (each.reference, each.number)):
                take(message.laboratory, result)
    except ConflictingVersionError as error:
        return str(error)
    return ""


def _unread() -> "QuerySet[LabMessage]":
    return LabMessage.objects.filter(problem="", set_aside_at=None)


def not_understood() -> "QuerySet[LabMessage]":
    """What could not be read, and nobody has set aside."""
    return LabMessage.objects.filter(set_aside_at=None).exclude(problem="")


def first_not_understood() -> "QuerySet[LabMessage]":
    """The oldest of each laboratory: that is the case, however many there are."""
    theirs = not_understood().filter(laboratory=OuterRef("laboratory")).order_by("pk")
    return not_understood().filter(pk=Subquery(theirs.values("pk")[:1]))


def describe(messages: Sequence[LabMessage]) -> list[CaseDraft]:
    """A case for each."""
    return [
        CaseDraft(
            NOT_UNDERSTOOD,
            message.pk,
            title=f"What {message.laboratory} reports",
            summary=f"It cannot be read: {message.problem} It is kept as it came, and nothing is "
            "guessed. Ask the laboratory to send it again, or have it read again once the "
            "laboratory's file knows it.",
            source=message.laboratory,
        )
        for message in messages
    ]


@transaction.atomic
def read_again(message: LabMessage, *, by: str) -> str:
    """Have all that this laboratory sent and nobody understood read anew; what comes of it."""
    again = not_understood().filter(laboratory=message.laboratory).update(problem="")
    how = "It is read again."
    cases.resolve(NOT_UNDERSTOOD, [message.pk], by=by, resolution=how)
    return f"{again} {'message is' if again == 1 else 'messages are'} read again in a moment."


@transaction.atomic
def set_aside(message: LabMessage, *, by: str, reason: str) -> None:
    """Leave one message as it is: it stays kept, and is nobody's work any more."""
    LabMessage.objects.filter(pk=message.pk).update(set_aside_at=clock.now())
    cases.resolve(NOT_UNDERSTOOD, [message.pk], by=by, resolution=reason)
    cases.open(describe(list(first_not_understood().filter(laboratory=message.laboratory))))
