"""A plugin of pytest: a run says at its end which tests were not among it, and what runs them."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

# A marker -> what runs its tests.
RUN_BY = {"browser": "make test-browser", "faults": "make test"}
LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_configure(config: pytest.Config) -> None:
    """Nothing is left out yet."""
    config.stash[LEFT_OUT] = {}


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Count those left out, by their marker."""
    for item in items:
        marker = next((name for name in RUN_BY if item.get_closest_marker(name)), "")
        left_out = item.config.stash[LEFT_OUT]
        left_out[marker] = left_out.get(marker, 0) + 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the process that prints."""
    left_out = session.config.stash[LEFT_OUT]
    output: dict[str, Any] = getattr(session.config, "workeroutput", {})
    output["left_out"] = left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear it: every worker leaves out the same."""
    told: dict[str, int] = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT].update(told)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print it."""
    for line in lines(config.stash[LEFT_OUT]):
        terminalreporter.write_line(line)


def lines(left_out: dict[str, int]) -> Iterator[str]:
    """A line for each marker: `not run here: 7 tests marked browser (make test-browser)`."""
    for marker, number in sorted(left_out.items()):
        tests = "1 test" if number == 1 else f"{number} tests"
        why = f"marked {marker} ({RUN_BY[marker]})" if marker else "deselected by the command line"
        yield f"not run here: {tests} {why}"
