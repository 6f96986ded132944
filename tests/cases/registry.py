"""The cases by their numbers, and how one is run."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.cases.world import World

Run = Callable[[World], str]


@dataclass(frozen=True)
class Case:
    """One fault: what is right, and how to see it. `run` gives what came, and raises if wrong."""

    number: str
    kind: str
    expected: str
    run: Run


CASES: list[Case] = []


def case(number: str, kind: str, expected: str) -> Callable[[Run], Run]:
    """Register what follows under the case's number."""

    def add(run: Run) -> Run:
        CASES.append(Case(number, kind, expected, run))
        return run

    return add


def check(right: object, answer: str) -> str:
    """The answer when it is right. Raises AssertionError with it when it is not."""
    if not right:
        raise AssertionError(answer)
    return answer
