"""Serials and names are the same however they are written, and no more than that."""

import pytest

from clinical.laboratories.comparing import normalized, same_name


@pytest.mark.parametrize("typed", ["k7-0lo 2x", "K7 010 2X", "k7‐0IO-2x", "K7-010-2X"])
def test_a_serial_is_the_same_however_it_is_typed(typed):
    assert normalized(typed) == "K70102X"


def test_a_name_is_the_same_words_each_as_often():
    assert same_name("Ana Ruíz", "RUIZ, ana")
    assert not same_name("Ali Ali", "Ali")
    assert not same_name("", "")
