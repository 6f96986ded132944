import math

import pytest

from bench.aims import aims, reached
from bench.report import Aim, Figure, Row, table


def row(*values: float, naive: float = 100, limit: float = 1000, less: bool = False) -> Row:
    return Row(
        "P1 create an order",
        less_is_better=less,
        product=[Figure(value, p50=10, p99=20, statements=5, python=3) for value in values],
        naive=[Figure(naive, p50=30, p99=40, statements=14, python=6) for _ in values],
        limit=[limit for _ in values],
    )


def cells(of: Row) -> dict[str, str]:
    head, _, line, *_ = table([of], aims).splitlines()
    names, values = ([cell.strip() for cell in text.split("|")] for text in (head, line))
    return dict(zip(names, values, strict=True))


def test_a_row_shows_the_median_beside_the_naive_way_and_the_limit() -> None:
    shown = cells(row(310, 300, 330))
    assert shown["product"] == "310 /s"
    assert shown["to naive"] == "3.1 ×"
    assert shown["of limit"] == "31 %"
    assert shown["spread"] == "300-330"
    assert shown["p50 / p99 ms"] == "10 (30) / 20 (40)"
    assert shown["statements"] == "5 (14)"


def test_ratios_are_taken_within_each_run() -> None:
    unsteady = row(100, 300)
    unsteady.naive = [Figure(50), Figure(150)]
    assert unsteady.to_naive == 2


def test_of_a_time_less_is_better() -> None:
    assert row(50, less=True).to_naive == 2


@pytest.mark.parametrize(
    ("value", "said"), [(300, "pass ≥ 3 × naive (3)"), (290, "FAIL ≥ 3 × naive (2.9)")]
)
def test_an_aim_passes_or_fails(value: float, said: str) -> None:
    assert cells(row(value))["aim"].startswith(said)


def test_what_was_not_measured_neither_passes_nor_fails() -> None:
    unknown = Aim("≤ 5 MB", lambda row: math.nan, most=5)
    assert unknown.said(row(1)) == "? ≤ 5 MB"


def test_a_row_without_others_shows_none() -> None:
    shown = cells(Row("P0 alone", product=[Figure(7)]))
    assert (shown["naive"], shown["to naive"], shown["limit"], shown["aim"]) == ("-",) * 4
    assert (shown["spread"], shown["statements"]) == ("-", "-")


def test_aims_are_counted() -> None:
    assert reached([row(300)]) == (4, 4)
    assert reached([row(100)]) == (3, 4)


def test_a_job_has_the_aims_of_the_longest_name_it_begins_with() -> None:
    by_name, plain = aims("P7 list by name, 1,000,000"), aims("P7 list plain, 1,000,000")
    assert [aim.text for aim in by_name] == ["≤ 60 ms", "≤ 4 statements"]
    assert [aim.text for aim in plain] == ["≤ 30 ms", "≤ 4 statements"]
    assert aims("P10 an order with everything") == ()
