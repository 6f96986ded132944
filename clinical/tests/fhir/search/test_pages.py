"""Links to pages tell nothing, and those of others are gone."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.fhir.errors import PageExpiredError
from clinical.fhir.search.pages import link_token, read_token
from clinical.tests.fhir.schema import valid

PAIRS = st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5)


@given(PAIRS, st.integers(min_value=0, max_value=2**63 - 1))
def test_a_link_holds_the_whole_search(pairs, after):
    pairs = [
        (a.encode(errors="replace").decode(), b.encode(errors="replace").decode()) for a, b in pairs
    ]
    assert read_token("Patient", link_token("Patient", pairs, after)) == (pairs, after)


def test_a_link_shows_nothing_of_the_search():
    token = link_token("Patient", [("family", "Zqlast")], 5)
    assert b"Zqlast" not in base64.urlsafe_b64decode(token + "==")
    assert token != link_token("Patient", [("family", "Zqlast")], 5)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "AAAA",
        "é",
        "=",
        "A" * 100,
        "%00",
        link_token("ImagingStudy", [], 5),
        link_token("Patient", [], 5)[:-6] + "AAAAAA",
    ],
    ids=range(9),
)
def test_a_link_that_is_none_of_ours_is_gone(token, api):
    with pytest.raises(PageExpiredError):
        read_token("Patient", token)
    answer = api().get("/fhir/Patient", {"_page": token})
    assert valid(answer, 410)["issue"][0]["code"] == "deleted"
