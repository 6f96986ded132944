"""The reference laboratory beyond what every laboratory must do."""

import pytest

from clinical.laboratories import adapters
from clinical.laboratories.contract import InvalidMessageError, MessageValidationError
from clinical.tests.laboratories.messages import SECRET, finding, message, signed

pytestmark = pytest.mark.django_db  # the database's clock
REFERENCE = adapters.get("reference")


def read(**values):
    [result] = REFERENCE.results(message(**values))
    return result


@pytest.mark.parametrize(
    ("flags", "gravest"),
    [
        (["normal"], "normal"),
        (["normal", "positive", "normal"], "positive"),
        (["critical", "positive"], "critical"),
    ],
)
def test_the_gravest_finding_is_what_the_result_means(flags, gravest):
    assert read(findings=[finding("1", flag) for flag in flags]).flag == gravest


@pytest.mark.parametrize("status", ["preliminary", "final", "corrected"])
def test_only_what_is_cancelled_has_no_findings(status):
    with pytest.raises(InvalidMessageError) as refused:
        read(status=status, findings=[])
    assert refused.value.field == "findings"
    assert read(status="cancelled", findings=[]).flag == "normal"


def test_each_finding_is_a_line_and_a_unit_may_be_missing():
    no_unit = {"name": "Genotype", "value": "AA", "flag": "normal"}
    findings = read(findings=[finding("18"), no_unit]).findings
    assert findings == "Ferritin: 18 ug/L (normal)\nGenotype: AA (normal)"


@pytest.mark.parametrize("missing", ["name", "value", "flag"])
def test_a_finding_says_what_of_what_and_what_it_means(missing):
    wrong = {name: value for name, value in finding().items() if name != missing}
    with pytest.raises(InvalidMessageError):
        read(findings=[wrong])


def test_a_laboratory_that_was_told_no_name_or_date_can_say_so():
    result = read(sample={"name": "", "birth_date": None})
    assert (result.person, result.birth_date) == ("", None)


def test_two_secrets_are_good_while_one_replaces_the_other(settings):
    other = "whsec_" + "B" * 43 + "="
    settings.REFERENCE_LABORATORY_SECRET = f"{other}, {SECRET}"
    for secret in (SECRET, other):
        REFERENCE.verify(signed(message(), secret), message())
    settings.REFERENCE_LABORATORY_SECRET = other
    with pytest.raises(MessageValidationError):
        REFERENCE.verify(signed(message()), message())


def test_there_is_no_laboratory_without_its_file():
    with pytest.raises(LookupError):
        adapters.get("none_such")
