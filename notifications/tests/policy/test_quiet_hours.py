"""When quiet hours end, by the customer's clock."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from notifications.policy.quiet_hours import after_quiet

NINE, EIGHT = time(21), time(8)
LONDON, NAIROBI = ZoneInfo("Europe/London"), ZoneInfo("Africa/Nairobi")


@pytest.mark.parametrize(
    ("moment", "zone", "begin", "end", "expected"),
    [
        ("2026-06-01T19:59Z", LONDON, NINE, EIGHT, "2026-06-01T19:59Z"),
        ("2026-06-01T20:00Z", LONDON, NINE, EIGHT, "2026-06-02T07:00Z"),
        ("2026-06-02T06:59Z", LONDON, NINE, EIGHT, "2026-06-02T07:00Z"),
        ("2026-06-02T07:00Z", LONDON, NINE, EIGHT, "2026-06-02T07:00Z"),
        ("2026-06-01T18:30Z", NAIROBI, NINE, EIGHT, "2026-06-02T05:00Z"),
        ("2026-06-01T12:30Z", LONDON, time(13), time(15), "2026-06-01T14:00Z"),
        # The night before the clocks go forward and back: eight o'clock is eight o'clock.
        ("2026-03-28T22:00Z", LONDON, NINE, EIGHT, "2026-03-29T07:00Z"),
        ("2026-10-24T22:00Z", LONDON, NINE, EIGHT, "2026-10-25T08:00Z"),
        # An end that does not exist (01:30 on 29 March) is an hour and a half after midnight.
        ("2026-03-29T00:30Z", LONDON, NINE, time(1, 30), "2026-03-29T01:30Z"),
        ("2026-03-28T23:30Z", LONDON, NINE, time(1, 30), "2026-03-29T01:30Z"),
        # An end that comes twice: the first, unless it is over.
        ("2026-10-25T00:10Z", LONDON, NINE, time(1, 30), "2026-10-25T00:30Z"),
        ("2026-10-25T01:10Z", LONDON, NINE, time(1, 30), "2026-10-25T01:30Z"),
    ],
)
def test_quiet_hours_end_by_the_customers_clock(moment, zone, begin, end, expected):
    due = after_quiet(datetime.fromisoformat(moment), zone, begin, end)
    assert due.astimezone(UTC) == datetime.fromisoformat(expected)
