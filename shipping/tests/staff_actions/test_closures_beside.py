"""Two people who close days at once."""

from datetime import timedelta

import pytest

from core.database import clock
from core.tests.beside import at_once
from shipping.models import ProviderProfile
from shipping.staff_actions import closures
from shipping.staff_actions.closures import Closure

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def test_two_people_who_close_days_at_once_close_both():
    days = [clock.today() + number * DAY for number in (3, 6, 9, 12)]
    at_once(*(lambda day=day: closures.close(Closure("reference", day, day + DAY)) for day in days))
    assert ProviderProfile.of("reference").closed_days == days
