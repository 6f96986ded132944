"""What the page of a result shows of it."""

import pytest

from clinical.admin.results.facts import HIDDEN, NOT_HELD, shown_candidates, shown_versions
from clinical.laboratories.matching import candidates
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import finding, message, result_of
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
TWO = (
    message(findings=[finding("<b>7</b>", "positive")]),
    message(version=2, sample={"birth_date": None, "name": ""}),
)


def test_every_version_is_there_and_nothing_in_it_is_markup():
    result = result_of(*TWO)
    text = shown_versions(result, result.versions.all(), clinician())
    assert "&lt;b&gt;7&lt;/b&gt;" in text
    assert "no name, born not given" in text
    assert "Version 1: final, positive" in text


def test_without_values_not_even_the_flag_is_there():
    result = result_of(*TWO)
    text = shown_versions(result, result.versions.all(), staff("auditor"))
    assert (text.count(HIDDEN), text.count(NOT_HELD)) == (1, 1)
    assert "Ana Ruiz" not in text
    assert "positive" not in text


def test_each_candidate_has_what_speaks_for_it_and_against():
    registered_sample()
    text = shown_candidates(candidates(result_of(*TWO).versions.get(number=2)))
    assert "For it: same serial. Against it: another birth date, another name." in text


def test_where_there_is_none_it_says_so():
    assert "No sample has its serial" in shown_candidates([])
