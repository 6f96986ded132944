"""How the figures are shown: one line each, always beside what they are compared with."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A measured figure, its baseline from the same run, and what else is worth knowing."""

    job: str
    value: float
    unit: str
    baseline: float
    against: str
    spread: str = ""
    note: str = ""

    @property
    def ratio(self) -> float:
        """Value over baseline."""
        return self.value / self.baseline if self.baseline else float("nan")


def median_and_spread(values: Sequence[float]) -> tuple[float, str]:
    """The median, and "lowest-highest"."""
    return statistics.median(values), f"{min(values):,.0f}-{max(values):,.0f}"


def table(lines: Sequence[Line]) -> str:
    """A Markdown table."""
    head = ["job", "measured", "spread", "baseline", "ratio", "note"]
    rows = [
        [
            line.job,
            f"{line.value:,.0f} {line.unit}",
            line.spread,
            f"{line.against}: {line.baseline:,.0f}",
            f"{line.ratio:.2f}",
            line.note,
        ]
        for line in lines
    ]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    texts = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in [head, ["-" * w for w in widths], *rows]
    ]
    return "\n".join(texts)
