"""Phone numbers, however they are written; and which numbers one that is dialled may be."""

import pytest
from django.core.exceptions import ValidationError

from customers.values.phone_numbers import PhoneFormField, e164, numbers

BRITISH = "+447451277972"
KENYAN = "+254711082300"


@pytest.mark.parametrize(
    "text",
    [
        BRITISH,
        "07451277972",
        "(07451) 277-972",
        "07451 277 972",
        "+44 7451 277972",
        "447451277972",
        " 447451277972",
        "+44 (0)7451 277972",
        "０７４５１２７７９７２",
        "07451.277.972",
    ],
)
def test_a_number_is_one_number_however_it_is_written(text):
    assert e164(text) == BRITISH


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nonsense",
        "12345",
        "+999 1234567",
        "0" * 5000,
        "\x00",
        "+",
        "07451277972" * 3,
        "’; DROP TABLE",
        "７",
    ],
)
def test_what_no_country_has_is_no_number(text):
    assert e164(text) == ""
    assert numbers(text) == set()


def test_local_numbers_are_those_of_the_default_region(settings):
    assert e164("0711082300") != KENYAN
    settings.PHONENUMBER_DEFAULT_REGION = "KE"
    assert e164("0711082300") == KENYAN
    assert e164(BRITISH) == BRITISH, "international ones are everywhere the same"


def test_a_number_that_is_dialled_at_home_is_one_of_several_countries():
    found = numbers("0711 082 300")
    assert KENYAN in found
    assert len(found) > 5
    assert all(number.startswith("+") for number in found)


def test_a_whole_number_is_no_other_countrys():
    assert numbers("+254 711 082 300") == {KENYAN}


@pytest.mark.parametrize("text", ["0711-082-300", "(0711) 082300", "0711/082300", "0711.082.300"])
def test_signs_between_groups_make_no_other_number(text):
    assert KENYAN in numbers(text)


@pytest.mark.parametrize("text", ["12345", "1" * 16, "0711o82300", "٠٧١١٠٨٢٣٠٠x"])
def test_what_nobody_can_dial_is_looked_up_nowhere(text):
    assert KENYAN not in numbers(text)


def test_the_field_of_a_form_takes_what_was_pasted():
    field = PhoneFormField(required=False)
    assert field.clean("\u202a+44 7451 277972\u202c").as_e164 == BRITISH
    assert field.clean("") == ""
    assert field.clean(None) == ""


@pytest.mark.parametrize("text", ["12345", "nobody", "+44 7451 277972 1", "+999 1234567"])
def test_the_field_of_a_form_refuses_what_is_no_number(text):
    with pytest.raises(ValidationError):
        PhoneFormField().clean(text)
