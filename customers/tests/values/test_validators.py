"""What names, codes and zones may hold."""

import pytest
from django.core.exceptions import ValidationError

from customers.values.validators import CodeLetters, OneLine, validate_zone

TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
CONTROLS = "\x00\x07\x1b\x7f\x80\x9f"


@pytest.mark.parametrize("sign", TURNS + BREAKS + CONTROLS, ids=lambda sign: f"{ord(sign):04x}")
@pytest.mark.parametrize("text", ["{}", "a{}b", "ab{}", "{}ab"])
def test_a_line_breaks_nowhere_and_hides_nothing(sign, text):
    with pytest.raises(ValidationError) as caught:
        OneLine()(text.format(sign))
    assert caught.value.code == "control_characters"


@pytest.mark.parametrize(
    "text",
    ["Zoë O’Brien-Łukasz", "محمد", "王小明", "👩🏽‍⚕️", "a b", "x" * 10_000, "Nguyễn", "a\u00a0b"],
)
def test_a_name_of_any_writing_is_a_line(text):
    OneLine()(text)


@pytest.mark.parametrize("code", ["A", "7", "C-7K3M9QXT2B", "a.b_c-d", "x" * 35, "A-"])
def test_a_code_of_plain_letters_is_taken(code):
    CodeLetters()(code)


@pytest.mark.parametrize(
    "code",
    ["", "-a", ".a", "_a", "a b", "a/b", "é", "a\n", "a\x00", "Ａ", "٣", "a@b", "../a", "a%"],
)
def test_a_code_that_would_break_an_address_or_a_file_name_is_refused(code):
    with pytest.raises(ValidationError):
        CodeLetters()(code)


@pytest.mark.parametrize("zone", ["Africa/Nairobi", "Europe/London", "UTC", "Asia/Kolkata"])
def test_a_time_zone_is_one_of_those_that_there_are(zone):
    validate_zone(zone)


@pytest.mark.parametrize(
    "zone", ["", "Nairobi", "africa/nairobi", "+03:00", "EAT", "../etc", "\x00"]
)
def test_another_time_zone_is_refused(zone):
    with pytest.raises(ValidationError, match="no such time zone"):
        validate_zone(zone)
