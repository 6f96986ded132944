"""What leaves by other means than HTTP, such as SMTP."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from core.http.outcomes import Outcome, Unknown

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that does its own I/O, in a thread, and gives what it came to; no database.

    `name`: where it goes, in traces and logs.
    """

    name: str
    run: Callable[[], Outcome]

    def outcome(self) -> Outcome:
        """Make the call. When it breaks by a bug of ours, nobody knows what became of it."""
        try:
            return self.run()
        except Exception as error:  # noqa: BLE001 - one bug must not cost the others their outcomes
            # Kind and place only: its text may hold personal data.
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = type(error).__name__
            logger.error("%s in %s: %s:%s", kind, self.name, place.filename, place.lineno)
            return Unknown(f"our own {kind}")
