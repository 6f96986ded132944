"""How values are written, and R4's comparison of ranges against a plain one."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from clinical.births import Born, Precision
from clinical.fhir.search import values

BIRTHS = st.builds(
    lambda day, precision: Born(Born(day, precision).first, precision),
    st.dates(date(1984, 1, 1), date(1986, 12, 31)),
    st.sampled_from(Precision),
)
# https://hl7.org/fhir/R4/search.html#prefix, said as plainly as it can be: (a, b) is what was
# asked for, (c, d) what is known.
R4 = {
    "eq": lambda a, b, c, d: a <= c and d <= b,
    "ne": lambda a, b, c, d: not (a <= c and d <= b),
    "gt": lambda a, b, c, d: d > b,
    "lt": lambda a, b, c, d: c < a,
    "ge": lambda a, b, c, d: d > b or (a <= c and d <= b),
    "le": lambda a, b, c, d: c < a or (a <= c and d <= b),
    "sa": lambda a, b, c, d: c > b,
    "eb": lambda a, b, c, d: d < a,
}


@pytest.mark.parametrize("prefix", R4)
@given(asked=BIRTHS, known=BIRTHS)
def test_ranges_of_days_are_compared_as_R4_says(prefix, asked, known):
    spans = values.first_days(prefix, asked, known.precision)
    far = timedelta(days=10_000)
    is_match = any(
        (span.first or known.day - far) <= known.day <= (span.last or known.day + far)
        for span in spans
    )
    assert is_match == R4[prefix](asked.day, asked.last, known.day, known.last)


def test_every_prefix_is_compared():
    assert set(R4) == set(values.PREFIXES)


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a", ["a"]), ("a,b", ["a", "b"]), (r"a\,b", [r"a\,b"]), (" a , b ", ["a", "b"])],
)
def test_commas_part_alternatives(text, parts):
    assert values.alternatives(text) == parts


@pytest.mark.parametrize("text", ["", ",", "a,", "a\0", "\ud83d"])
def test_what_is_no_value_is_refused(text):
    with pytest.raises(ValidationError):
        values.alternatives(text)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("a", (None, "a")),
        ("s|a", ("s", "a")),
        ("|a", ("", "a")),
        (r"s|a\|b", ("s", "a|b")),
        (r"a\\b", (None, r"a\b")),
        (r"a\$b", (None, "a$b")),
    ],
)
def test_tokens_are_a_system_and_a_code(text, token):
    assert values.token(text) == token


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1", "1"),
        ("Patient/1", "1"),
        ("https://a.example/fhir/Patient/1", "1"),
        ("Group/1", ""),
        ("Patient/1/_history/2", "Patient/1/_history/2"),
    ],
)
def test_references_are_ids_of_one_type(text, key):
    assert values.reference(text, "Patient") == key
