"""What services answered to the messages of a chunk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.outbox import Disposition
from notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Answers:
    """The messages with what became of each, as recorded; those that were still ours.

    `queue` is the name of the queue and its circuit; `taken` are the messages that went out.
    """

    queue: str
    at: datetime
    rows: Sequence[tuple[Notification, Disposition]]
    taken: Sequence[Notification]
