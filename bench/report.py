"""How the figures are shown: a row for each job, the product beside the naive way and the limit."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

NAN = float("nan")
HEAD = (
    *("job", "product", "naive", "to naive", "limit", "of limit", "spread", "p50 / p99 ms"),
    *("statements", "Python ms", "PostgreSQL ms", "aim"),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One side of a job in one run. Latencies and CPU in milliseconds, by answer or row."""

    value: float
    p50: float = NAN
    p99: float = NAN
    statements: float = NAN
    python: float = NAN
    postgres: float = NAN
    errors: int = 0


@dataclass
class Row:
    """A job's figures of all runs, in their order, and what they are to be.

    `less_is_better`: the value is a time or a size, so that less is better.
    """

    job: str
    unit: str = "/s"
    less_is_better: bool = False
    product: list[Figure] = field(default_factory=list)
    naive: list[Figure] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    limit_name: str = ""
    note: str = ""

    @property
    def value(self) -> float:
        """The product's median."""
        return middle([figure.value for figure in self.product])

    @property
    def to_naive(self) -> float:
        """How many times as fast as the naive way: the median of the runs' pairs."""
        return self._ratio([figure.value for figure in self.naive])

    @property
    def to_limit(self) -> float:
        """The share of the limit that is reached: the median of the runs' pairs."""
        return self._ratio(self.limit)

    def of(self, name: str) -> float:
        """The product's median of `p99`, `statements`, `python`, …"""
        return middle([getattr(figure, name) for figure in self.product])

    def _ratio(self, others: Sequence[float]) -> float:
        ours = [figure.value for figure in self.product]
        pairs = zip(ours, others, strict=False)
        ratios = [(them / us if self.less_is_better else us / them) for us, them in pairs if them]
        return middle(ratios)


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure is to be: `least <= of(row) <= most`."""

    text: str
    of: Callable[[Row], float]
    least: float = -math.inf
    most: float = math.inf

    def said(self, row: Row) -> str:
        """Pass or fail, with the figure; a question mark where it was not measured."""
        figure = self.of(row)
        if math.isnan(figure):
            return f"? {self.text}"
        verdict = "pass" if self.least <= figure <= self.most else "FAIL"
        return f"{verdict} {self.text} ({_number(figure)})"


def middle(values: Sequence[float]) -> float:
    """The median of those that were measured; NaN when none was."""
    measured = [value for value in values if not math.isnan(value)]
    return statistics.median(measured) if measured else NAN


def table(rows: Sequence[Row], aims: Callable[[str], Sequence[Aim]]) -> str:
    """A Markdown table; below it what else is worth knowing."""
    cells = [_cells(row, aims(row.job)) for row in rows]
    widths = [max(len(line[i]) for line in [HEAD, *cells]) for i in range(len(HEAD))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in [HEAD, ["-" * w for w in widths], *cells]
    ]
    return "\n".join([*lines, "", *(f"{row.job}: {row.note}" for row in rows if row.note)])


def _cells(row: Row, aims: Sequence[Aim]) -> list[str]:
    ours = [figure.value for figure in row.product]
    naive = middle([figure.value for figure in row.naive])
    limit = f"{_with(middle(row.limit), row.unit)} {row.limit_name}".strip() if row.limit else "-"
    return [
        row.job,
        _with(row.value, row.unit),
        _with(naive, row.unit),
        _with(row.to_naive, "×"),
        limit,
        _with(100 * row.to_limit, "%"),
        f"{_number(min(ours))}-{_number(max(ours))}" if len(ours) > 1 else "-",
        f"{_both(row, 'p50')} / {_both(row, 'p99')}",
        _both(row, "statements"),
        _both(row, "python"),
        _both(row, "postgres"),
        "; ".join(aim.said(row) for aim in aims) or "-",
    ]


def _both(row: Row, name: str) -> str:
    """The product's, and the naive one's in brackets."""
    ours, naive = row.of(name), middle([getattr(figure, name) for figure in row.naive])
    if math.isnan(ours):
        return "-"
    return _number(ours) if math.isnan(naive) else f"{_number(ours)} ({_number(naive)})"


def _with(value: float, unit: str) -> str:
    return "-" if math.isnan(value) else f"{_number(value)} {unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
