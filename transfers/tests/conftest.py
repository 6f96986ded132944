"""What all tests of transfers share."""

import pytest

from transfers import jobs


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection of its own does not see what a test has not committed."""
    monkeypatch.setattr(jobs, "BEAT", 60.0)
