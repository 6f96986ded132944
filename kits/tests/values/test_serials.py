"""Serials: as people type them, as they are kept, and what is refused."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from kits.values import serials

NUMBERS = st.integers(0, 32**8 - 1)


@pytest.mark.parametrize(
    ("number", "serial"), [(0, "000000000"), (1234, "0000016JD"), (36, "00000014U")]
)
def test_a_number_has_the_check_symbol_of_its_remainder_by_37(number, serial):
    assert serials.serial_of(number) == serial


@given(NUMBERS, st.data())
def test_a_serial_is_read_in_small_letters_with_blanks_hyphens_and_letters_that_look_alike(
    number, data
):
    serial = serials.serial_of(number)
    alike = {"1": "1ILil", "0": "0Oo"}
    typed = "".join(
        data.draw(st.sampled_from(alike.get(sign, sign + sign.lower())))
        + data.draw(st.sampled_from(["", " ", "-", "\u2011", "\u00a0"]))
        for sign in serial
    )
    assert serials.normalise(typed) == serial


@given(NUMBERS, st.integers(0, 7), st.sampled_from(serials.ALPHABET))
def test_one_wrong_symbol_is_found_by_the_check_symbol(number, place, other):
    serial = serials.serial_of(number)
    wrong = serial[:place] + other + serial[place + 1 :]
    if wrong != serial:
        with pytest.raises(ValidationError, match="mistyped"):
            serials.normalise(wrong)


@given(NUMBERS, st.integers(0, 6))
def test_two_neighbours_that_changed_places_are_found(number, place):
    signs = list(serials.serial_of(number))
    signs[place], signs[place + 1] = signs[place + 1], signs[place]
    if "".join(signs) != serials.serial_of(number):
        with pytest.raises(ValidationError, match="mistyped"):
            serials.normalise("".join(signs))


@pytest.mark.parametrize(
    "text", ["", "1", "12345", "co-1", "0" * 25, "0" * 10_000, "ABC?DEFGH", "ÄBCDEFGH", "U0000000*"]
)
def test_what_is_no_serial_is_refused(text):
    with pytest.raises(ValidationError):
        serials.normalise(text)
