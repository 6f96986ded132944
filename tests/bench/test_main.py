import re
import subprocess
import sys

import pytest

from bench.__main__ import FIGURES, wanted
from bench.aims import AIMS
from config.settings.base import BASE_DIR


def bench(*names: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bench", *names]
    return subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, timeout=60)


def test_a_measurement_that_there_is_not_is_an_error_that_lists_those_that_there_are() -> None:
    answer = bench("p99")
    assert answer.returncode == 2
    assert f"there is no 'p99'; there are: {', '.join(FIGURES)}" in answer.stderr


def test_it_is_run_once_at_least() -> None:
    answer = bench("p1", "--runs", "0")
    assert answer.returncode == 2
    assert "--runs" in answer.stderr


def test_figures_are_measured_by_the_names_in_the_table() -> None:
    printed = {
        figure.lower()
        for file in (BASE_DIR / "bench" / "jobs").glob("*_jobs.py")
        for figure in re.findall(r'f?"(P\d+) ', file.read_text())
    }
    assert printed == set(FIGURES)
    assert {name.split()[0].lower() for name in AIMS} <= set(FIGURES)


@pytest.mark.parametrize(
    ("only", "few", "many"),
    [([], ["p2"], list(FIGURES)), (["p1"], [], ["p1"]), (["p2"], ["p2"], ["p2"])],
)
def test_lists_alone_are_measured_with_few_orders_too(
    only: list[str], few: list[str], many: list[str]
) -> None:
    assert wanted(only, few=True) == few
    assert wanted(only, few=False) == many
