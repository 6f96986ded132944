"""What webhooks and answers say in numbers and in lists, and codes in headers of their own."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from shipping import authenticity, reading
from shipping.reading import BadEvent

STATES = {1: "in-transit", 30: "delivered"}


def test_a_state_may_be_a_number():
    assert reading.status({"st": 30}, "st", STATES) == "delivered"


@pytest.mark.parametrize("value", [2, True, 1.0, "30", None, [], {}])
def test_a_number_that_is_no_state_is_refused_with_those_that_are(value):
    with pytest.raises(BadEvent, match="one of: 1, 30"):
        reading.status({"st": value}, "st", STATES)


def test_a_batch_is_a_list_of_objects():
    assert reading.parts({"batch": [{"id": "1"}, {}]}, "batch") == [{"id": "1"}, {}]
    assert reading.parts({"batch": []}, "batch") == []


@pytest.mark.parametrize("value", [None, {}, "[]", [1], [{}, None]])
def test_any_other_batch_is_refused(value):
    with pytest.raises(BadEvent) as refused:
        reading.parts({"batch": value}, "batch")
    assert refused.value.field == "batch"


def test_a_time_may_be_seconds_since_1970():
    when = reading.epoch({"ts": 1684498725}, "ts")
    assert when == datetime(2023, 5, 19, 12, 18, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2023-05-19T12:18:45Z",
        "2023-05-19t12:18:45z",
        "2023-05-19 12:18:45Z",
        "2023-05-19T14:18:45.000+02:00",
        "2023-05-19 14:18:45+0200",
    ],
)
def test_H12_a_time_of_rfc_3339_is_read_as_written_in_any_adapter(text):
    when = datetime(2023, 5, 19, 12, 18, 45, tzinfo=UTC)
    said = {"at": text}
    assert reading.moment(said, "at") == when
    assert reading.local_time(said, "at", "%d.%m.%Y", "19.05.2023", "Africa/Nairobi") == when


@pytest.mark.parametrize("text", ["2023-05-19T12:18:45", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_a_moment_without_a_zone_or_out_of_the_calendar_is_refused(text):
    with pytest.raises(BadEvent):
        reading.moment({"at": text}, "at")


@pytest.mark.parametrize("value", [0, -1, 9684498725, 10**30, True, 1684498725.5, "1684498725"])
def test_a_time_that_is_absurd_or_no_whole_number_is_refused(value):
    with pytest.raises(BadEvent):
        reading.epoch({"ts": value}, "ts")


def test_a_name_that_is_a_number_is_kept_as_text():
    assert reading.taken(7001).reference == "7001"
    assert reading.taken(True).reference == reading.taken(7.5).reference == ""


def code(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secret", ["old", "new"])
def test_a_code_of_either_secret_proves_a_webhook(secret):
    assert authenticity.has_code(["old", "new"], code(secret, b"{}"), b"{}")
    assert authenticity.has_code(["old", "new"], code(secret, b"{}").upper(), b"{}")


@pytest.mark.parametrize("given", ["", code("other", b"{}"), code("old", b"[]"), "\xff\udcff"])
def test_any_other_code_proves_nothing(given):
    assert not authenticity.has_code(["old"], given, b"{}")


def test_without_a_secret_no_code_proves_anything():
    assert not authenticity.has_code([], code("", b"{}"), b"{}")
    assert not authenticity.has_code([""], code("", b"{}"), b"{}")
