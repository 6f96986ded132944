"""Two sweepers at once count a day once."""

import pytest

from core.tests.beside import at_once
from desk.models import DayFigures
from desk.start import rollup

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_sweepers_count_a_day_once():
    assert at_once(*[rollup.keep] * 4) == [0] * 4
    days = list(DayFigures.objects.values_list("day", flat=True))
    assert len(days) == len(set(days)) >= 1
