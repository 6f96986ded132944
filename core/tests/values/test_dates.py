"""Moments as RFC 3339 writes them, and as programs do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.values.dates import iso_moment

NOON = datetime(2026, 11, 28, 15, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28T15:23:00Z",
        "2026-11-28t15:23:00z",
        "2026-11-28 15:23:00Z",
        "2026-11-28 15:23:00 z",
        "2026-11-28T15:23:00.000Z",
        "2026-11-28T15:23:00-00:00",
        "2026-11-28t16:23:00+01:00",
        "2026-11-28T20:53:00+05:30",
        "2026-11-28 07:23:00.0000000-08:00",
        "2026-11-28T16:23:00+0100",
        "2026-11-28T16:23+01",
        "2026-11-29T15:22:00+23:59",
    ],
)
def test_a_moment_is_read_as_written(text):
    assert iso_moment(text) == NOON
    assert iso_moment(text).utcoffset() == UTC.utcoffset(None)


def test_a_fraction_is_cut_to_microseconds():
    assert iso_moment("2026-11-28T15:23:00.123456789Z") == NOON.replace(microsecond=123456)
    assert iso_moment("2026-11-28T15:23:00.5Z") == NOON.replace(microsecond=500000)


def test_a_leap_second_is_the_first_moment_of_the_next_day():
    assert iso_moment("1990-12-31T23:59:60Z") == datetime(1991, 1, 1, tzinfo=UTC)
    assert iso_moment("1990-12-31T15:59:60.7-08:00") == datetime(1991, 1, 1, tzinfo=UTC)


def test_a_moment_without_a_zone_is_naive():
    assert iso_moment("2026-11-28 15:23:00") == NOON.replace(tzinfo=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-28",
        "2026-11-28_15:23:00Z",
        "2026-11-28T15:23:00ZZ",
        "2026-11-28T24:00:00Z",
        "2026-11-28T15:60:00Z",
        "2026-11-28T15:23:60Z",
        "2026-11-28T23:59:61Z",
        "2026-11-28 23:59:60",
        "2026-02-30T15:23:00Z",
        "0000-11-28T15:23:00Z",
        "2026-11-28T15:23:00.Z",
        "2026-11-28T15:23:00,5Z",
        "2026-11-28T15:23:00+24:00",
        "2026-11-28T15:23:00+05:60",
        "2026-W48-6T15:23:00Z",
        "20261128T152300Z",
        "２０２６-11-28T15:23:00Z",
        " 2026-11-28T15:23:00Z",
        "2026-11-28T15:23:00Z\n",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - its text is for whoever calls
        iso_moment(text)


@given(some.datetimes(timezones=some.timezones()))
def test_whatever_python_writes_is_read_back(moment):
    """But for the offsets of long ago, which have seconds."""
    offset = moment.utcoffset()
    if offset and offset.total_seconds() % 60:
        return
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        return
    assert iso_moment(moment.isoformat()) == expected


@given(some.text(max_size=40))
def test_no_text_whatever_raises_anything_else(text):
    try:
        iso_moment(text)
    except (ValueError, OverflowError):
        return
