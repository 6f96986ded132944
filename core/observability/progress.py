"""How far a long command is: one line that changes on a screen, a line now and then in a log."""

import time
from typing import Any


class Progress:
    """Shows how many of `total` (0: nobody knows) are done, and how many a second."""

    ON_A_SCREEN, IN_A_LOG = 0.2, 5.0  # seconds between two lines

    def __init__(self, stream: Any, what: str, total: int = 0) -> None:
        self._stream, self._what, self._total = stream, what, total
        self._screen = stream.isatty()
        self._began = time.monotonic()
        self._shown = 0.0
        self._wide = 0

    def show(self, done: int) -> None:
        """Say it, unless it has just been said."""
        now = time.monotonic()
        if self._shown and now - self._shown < (
            self.ON_A_SCREEN if self._screen else self.IN_A_LOG
        ):
            return
        self._shown = now
        of = f" of {self._total:,}" if self._total else ""
        rate = done / max(now - self._began, 0.001)
        self._write(f"{done:,}{of} {self._what}, {rate:,.0f}/s")

    def done(self) -> None:
        """Leave an empty line on the screen for what comes next."""
        if self._screen and self._shown:
            self._stream.write("\r" + " " * self._wide + "\r", ending="")

    def _write(self, line: str) -> None:
        if not self._screen:
            self._stream.write(line)
            return
        self._stream.write("\r" + line.ljust(self._wide), ending="")
        self._stream.flush()
        self._wide = max(self._wide, len(line))
