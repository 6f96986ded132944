"""What an import found and did."""

import heapq
from dataclasses import dataclass, field

SHOWN = 100


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Why a row is refused. It never quotes the value: the file may hold health data.

    `column` is empty when the whole line is meant.
    """

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return ", ".join(filter(None, (f"line {self.line}", self.column))) + f": {self.reason}"


@dataclass(slots=True)
class Report:
    """The figures of one import. Holds the first problems only, however many there are."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    problem_count: int = 0
    dry_run: bool = False
    _problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every row was good."""
        return not self.problem_count

    @property
    def unchanged(self) -> int:
        """How many rows were there already, just so."""
        return self.rows - self.created - self.updated

    @property
    def problems(self) -> list[Problem]:
        """The first problems by line, at most 100."""
        return heapq.nsmallest(SHOWN, self._problems)

    def add(self, problem: Problem) -> None:
        """Take note of a problem."""
        self.problem_count += 1
        self._problems.append(problem)
        if len(self._problems) > 2 * SHOWN:
            self._problems = self.problems

    def add_many(self, first: list[Problem], count: int) -> None:
        """Take note of `count` problems, of which these are the first."""
        for problem in first:
            self.add(problem)
        self.problem_count += count - len(first)
