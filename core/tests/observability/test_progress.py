"""How far a long command is: a line that changes on a screen, plain lines in a log."""

from io import StringIO

import pytest
from django.core.management.base import OutputWrapper

from core.observability.progress import Progress


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def seconds(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("core.observability.progress.time.monotonic", lambda: now[0])
    return lambda more: now.__setitem__(0, now[0] + more)


def test_a_log_has_a_line_now_and_then(seconds):
    log = StringIO()
    shown = Progress(OutputWrapper(log), "rows", total=4000)
    for done in (1000, 2000, 3000):
        seconds(3)
        shown.show(done)
    shown.done()
    assert log.getvalue() == "1,000 of 4,000 rows, 333/s\n3,000 of 4,000 rows, 333/s\n"


def test_a_screen_has_one_line_that_is_wiped_at_the_end(seconds):
    screen = Screen()
    shown = Progress(OutputWrapper(screen), "rows")
    for done in (1000, 5):
        seconds(1)
        shown.show(done)
    shown.done()
    assert screen.getvalue() == f"\r1,000 rows, 1,000/s\r{'5 rows, 2/s':19}\r{'':19}\r"
