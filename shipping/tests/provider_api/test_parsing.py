"""What webhooks and answers say in numbers and in lists, and codes in headers of their own."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from shipping.provider_api import parsing, signatures, times
from shipping.provider_api.base import TrackedEvent, Unreadable
from shipping.provider_api.parsing import InvalidEventError

STATES = {1: "in-transit", 30: "delivered"}


def test_a_state_may_be_a_number():
    assert parsing.status({"st": 30}, "st", STATES) == "delivered"


@pytest.mark.parametrize("value", [2, "30", "lost", "returned-to-sender"])
def test_a_status_that_is_not_known_is_none(value):
    """Nothing is guessed."""
    assert parsing.status({"st": value}, "st", STATES) == ""


@pytest.mark.parametrize("value", ["En_Route", " en_route ", "EN_ROUTE"])
def test_a_known_status_may_be_padded_or_in_capitals(value):
    assert parsing.status({"st": value}, "st", {"en_route": "in-transit"}) == "in-transit"
    assert parsing.status({"st": value}, "st", {"en_route": "a", "EN_Route": "b"}) in {"", "a"}


@pytest.mark.parametrize("value", [True, 1.0, None, [], {}, "", " ", "x" * 101, "a\x00"])
def test_what_is_no_status_at_all_is_refused(value):
    with pytest.raises(InvalidEventError) as refused:
        parsing.status({"st": value}, "st", STATES)
    assert refused.value.field == "st"


def test_one_bad_event_of_a_batch_costs_none_of_the_others():
    batch = [{"id": "1"}, None, {}, 7, {"id": "2"}]
    pieces = parsing.parts({"batch": batch}, "batch")

    def read(said: Any) -> TrackedEvent:
        event_id = parsing.text(said, "id", 10)
        return TrackedEvent(event_id, "co-1", "delivered", datetime.now(UTC), said)

    events = parsing.each(pieces, read)
    assert [e.event_id for e in events if isinstance(e, TrackedEvent)] == ["1", "2"]
    bad = [event for event in events if isinstance(event, Unreadable)]
    assert [event.raw for event in bad] == [None, {}, 7]
    assert bad[1].problem.startswith("id: ")


@pytest.mark.parametrize("value", [None, {}, "[]"])
def test_any_other_batch_is_refused(value):
    with pytest.raises(InvalidEventError) as refused:
        parsing.parts({"batch": value}, "batch")
    assert refused.value.field == "batch"


def test_what_xml_says_beside_its_attributes_is_kept_too():
    [plain, rich] = parsing.xml_body(b'<a><b c="1"/><b c="2"><d>x</d></b></a>', "a")
    assert parsing.attributes(plain) == {"c": "1"}
    assert parsing.attributes(rich) == {"c": "2", "xml": '<b c="2"><d>x</d></b>'}


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
    assert times.moment(said, "at") == when
    assert times.local_time(said, "at", "%d.%m.%Y", "19.05.2023", "Africa/Nairobi") == when


@pytest.mark.parametrize("text", ["2023-05-19T12:18:45", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_a_moment_without_a_zone_or_out_of_the_calendar_is_refused(text):
    with pytest.raises(InvalidEventError):
        times.moment({"at": text}, "at")


@pytest.mark.parametrize("value", [0, -1, 9684498725, 10**30, True, 1684498725.5, "1684498725"])
def test_a_time_that_is_absurd_or_no_whole_number_is_refused(value):
    with pytest.raises(InvalidEventError):
        times.epoch({"ts": value}, "ts")


def test_a_name_that_is_a_number_is_kept_as_text():
    assert parsing.accepted(7001).reference == "7001"
    assert parsing.accepted(True).reference == parsing.accepted(7.5).reference == ""


def code(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secret", ["old", "new"])
def test_a_code_of_either_secret_proves_a_webhook(secret):
    assert signatures.has_hmac(["old", "new"], code(secret, b"{}"), b"{}")
    assert signatures.has_hmac(["old", "new"], code(secret, b"{}").upper(), b"{}")


@pytest.mark.parametrize("given", ["", code("other", b"{}"), code("old", b"[]"), "\xff\udcff"])
def test_any_other_code_proves_nothing(given):
    assert not signatures.has_hmac(["old"], given, b"{}")


def test_without_a_secret_no_code_proves_anything():
    assert not signatures.has_hmac([], code("", b"{}"), b"{}")
    assert not signatures.has_hmac([""], code("", b"{}"), b"{}")
