"""Limits that make no sense are refused."""

from datetime import time
from typing import Any

import pytest

from notifications.models import Limits
from notifications.tests.models.rows import refused

pytestmark = pytest.mark.django_db


def limits(**values: Any) -> Limits:
    return Limits(**values)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quiet_from": time(22)}, "quiet_until"),
        ({"quiet_until": time(7)}, "quiet_until"),
        ({"quiet_from": time(7), "quiet_until": time(7)}, "quiet_until"),
        ({"messages_per_day": 101}, "messages_per_day"),
        ({"duplicate_minutes": 1441}, "duplicate_minutes"),
        ({"digest_minutes": 121}, "digest_minutes"),
        ({"messages_per_day": -1}, "messages_per_day"),
    ],
)
def test_limits_that_make_no_sense_are_refused_by_field(values, field):
    assert refused(limits(**values)) == {field}


def test_quiet_hours_may_go_over_midnight_or_not_be():
    assert refused(limits(quiet_from=time(22), quiet_until=time(7))) == set()
    assert refused(limits()) == set()
