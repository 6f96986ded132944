"""What a laboratory writes is read field by field; what is wrong is named, and never repeated."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from clinical.laboratories import parsing
from clinical.laboratories.contract import InvalidMessageError

pytestmark = pytest.mark.django_db  # the database's clock
NOW = datetime(2026, 5, 19, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def refused(read, *args, **options):
    with pytest.raises(InvalidMessageError) as error:
        read(*args, **options)
    return error.value.problem


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<a/>", b"[1]", b'"x"', b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 100_000],
)
def test_only_one_whole_object_is_a_message(body):
    assert refused(parsing.json_object, body)


def test_an_object_is_read_as_it_is():
    assert parsing.json_object('{"a": {"b": "é"}}'.encode()) == {"a": {"b": "é"}}


@pytest.mark.parametrize("value", [None, 1, [], "x"])
def test_a_part_is_an_object(value):
    assert refused(parsing.part, {"sample": value}, "sample").startswith("sample: ")


@pytest.mark.parametrize("value", [None, {}, "x", ["x"], [{}, None], [{}] * 3])
def test_parts_are_a_list_of_objects_and_not_too_many(value):
    assert refused(parsing.parts, {"findings": value}, "findings", 2).startswith("findings: ")


@pytest.mark.parametrize("value", [None, "", "  ", 7, "a\nb", "a\x00", "x" * 11])
def test_a_text_is_one_line_of_letters(value):
    problem = refused(parsing.text, {"name": value}, "name", 10)
    assert problem.startswith("name: ")
    assert "x" * 11 not in problem


def test_a_text_loses_the_blanks_around_it_and_may_be_left_out():
    assert parsing.text({"name": " Ana Ruiz  "}, "name", 10) == "Ana Ruiz"
    assert parsing.text({}, "name", 10, or_empty=True) == ""


@pytest.mark.parametrize("value", ["Final", "done", "", None])
def test_a_word_is_one_of_those_agreed(value):
    assert refused(parsing.one_of, {"status": value}, "status", ["final"])


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None, 1_000_001])
def test_a_number_of_a_version_is_whole_and_from_one(value):
    assert refused(parsing.number, {"version": value}, "version")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-05-19T12:00:00Z", NOW),
        ("2026-05-19T14:00:00+02:00", NOW),
        ("2026-05-19T12:59:00Z", NOW + timedelta(minutes=59)),  # their clock is ahead
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc(written, moment):
    assert parsing.moment({"issued_at": written}, "issued_at") == moment


@pytest.mark.parametrize(
    "written",
    [
        "2026-05-19T13:00:01Z",  # in an hour and a second
        "2999-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2026-05-19T12:00:00",  # of no zone
        "2026-05-19",
        "yesterday",
        "",
        None,
        1_779_192_000,
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_moment_to_come_or_of_no_zone_is_none(written):
    assert refused(parsing.moment, {"issued_at": written}, "issued_at").startswith("issued_at: ")


def test_a_birth_date_is_a_day_until_today_or_is_not_given():
    assert parsing.birth_date({"born": "1990-05-17"}, "born") == date(1990, 5, 17)
    assert parsing.birth_date({"born": "2026-05-19"}, "born") == date(2026, 5, 19)
    assert parsing.birth_date({}, "born") is None
    assert parsing.birth_date({"born": None}, "born") is None


@pytest.mark.parametrize(
    "written", ["2026-05-20", "1899-12-31", "1990-5-17", "17.05.1990", "1990", "", 1990, "x" * 99]
)
def test_any_other_is_none(written):
    problem = refused(parsing.birth_date, {"born": written}, "born")
    assert problem.startswith("born: ")
    assert str(written) not in problem or not str(written)
