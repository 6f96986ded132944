"""Countries by their codes: those that ISO 3166-1 has assigned, and no other."""

import pytest
from django.core.exceptions import ValidationError

from customers.values.countries import (
    code_of,
    countries,
    country_choices,
    usual_first,
    validate_country,
)


def test_there_are_as_many_as_the_standard_has_assigned():
    assert len(countries()) == 249
    assert countries()["GB"] == "United Kingdom"


@pytest.mark.parametrize("code", ["GB", "KE", "US", "AX", "BQ", "SS", "TL", "CW", "PS", "TW"])
def test_a_code_that_is_assigned_is_taken(code):
    validate_country(code)


@pytest.mark.parametrize(
    "code", ["", "gb", "Gb", "UK", "EU", "XK", "ZZ", "AN", "SU", "GBR", "826", "G B", "ＧＢ", "001"]
)
def test_any_other_is_refused_and_named(code):
    with pytest.raises(ValidationError) as caught:
        validate_country(code)
    assert caught.value.code == "unknown_country"
    assert f"“{code}”" in caught.value.messages[0]


def test_a_form_offers_none_first_and_then_each_once():
    choices = country_choices()
    assert choices[0] == ("", "—")
    assert sorted(code for code, _ in choices[1:]) == sorted(countries())


def test_a_form_sorts_by_the_names_and_not_by_the_codes():
    names = [name for _, name in country_choices()][1:]
    assert names.index("Åland Islands") < names.index("Albania") < names.index("Zambia")
    assert names.index("Germany") < names.index("Ghana") < names.index("United Kingdom")


def test_a_form_speaks_the_customers_language_in_its_own_order():
    german = dict(country_choices("de"))
    assert (german["DE"], german["KE"]) == ("Deutschland", "Kenia")
    names = [name for _, name in country_choices("de")][1:]
    assert names.index("Ägypten") < names.index("Albanien")
    assert dict(country_choices())["DE"] == "Germany", "and each its own"


def test_a_name_is_there_in_every_language_that_customers_may_read():
    for language in ("sw", "fr", "ar", "pt"):
        offered = dict(country_choices(language))
        assert set(offered) == {"", *countries()}
        assert all(offered.values())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("United Kingdom", "GB"),
        ("gb", "GB"),
        ("UK", "GB"),
        ("åland islands", "AX"),
        ("KENYA", "KE"),
    ],
)
def test_a_country_is_typed_by_its_name_or_its_code(typed, code):
    assert code_of(typed) == code


@pytest.mark.parametrize("typed", ["Ruritania", "ZZ", "United", "<b>"])
def test_what_is_no_country_is_refused_and_named(typed):
    with pytest.raises(ValidationError, match=typed):
        code_of(typed)


def test_each_name_stands_for_its_country():
    assert {code_of(name) for name in countries().values()} == set(countries())


def test_the_usual_ones_come_first_and_none_twice(settings):
    settings.USUAL_COUNTRIES = ["KE", "GB", "??"]
    usual_first.cache_clear()
    names = usual_first()
    usual_first.cache_clear()
    assert names[:2] == ["Kenya", "United Kingdom"]
    assert sorted(names) == sorted(countries().values())
