"""What a patient is given of their results, and whose versions an erasure empties."""

from typing import Any

import pytest

from clinical.laboratories.deciding import attach
from clinical.laboratories.informing import call_due
from clinical.models import DutyTurn, ReleaseRule, ResultVersion
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message, result_of
from desk.tests.personal_data.held import erased, rows

pytestmark = pytest.mark.django_db
BEN = {"serial": "k-2", "name": "Ben Ruiz"}
CRITICAL = [finding("4711", "critical")]


@pytest.fixture
def ana():
    ReleaseRule.objects.create(kit_type="ancestry")
    return registered_sample().patient


@pytest.fixture
def ben():
    return registered_sample("K2", first_name="Ben").patient


def versions_of(patient):
    return [row["number"] for row in rows("patient", "result_versions", patient.pk)]


def test_a_version_that_names_somebody_else_is_not_given_out(ana, ben):
    arrived(message(sample=BEN, findings=CRITICAL))
    assert (versions_of(ana), versions_of(ben)) == ([], [])
    arrived(message(version=2, status="corrected"))
    assert (versions_of(ana), versions_of(ben)) == ([2], [])


def test_one_that_was_never_released_is_not_given_out_and_nobody_reads_that_it_was_critical(ana):
    DutyTurn.objects.create(turn=1, person=clinician())
    arrived(message(findings=CRITICAL))
    assert call_due() == 1
    arrived(message(version=2, status="corrected"))
    assert versions_of(ana) == [2]
    kinds = {row["kind"] for row in rows("patient", "result_events", ana.pk)}
    assert "attached" in kinds
    assert "called" not in kinds


def findings():
    return [row.findings for row in ResultVersion.objects.order_by("number")]


def test_an_erasure_empties_what_was_reported_under_their_serial_and_is_somebody_elses_now(
    ana, ben
):
    arrived(message(sample=BEN, findings=CRITICAL), message(version=2, status="corrected"))
    assert erased("patient", "result_versions", ben.pk) == 1
    assert findings() == ["", "Ferritin: 18 ug/L (normal)"]
    [first, second] = ResultVersion.objects.order_by("number")
    assert (first.person, first.birth_date, first.raw) == ("", None, "")
    assert second.person == "Ana Ruiz"


def test_what_holds_for_somebody_else_stays_whatever_serial_it_has(ana, ben):
    result = result_of(message(sample={"serial": "K2"}))
    by: Any = {"number": 1, "by": "user:1", "reason": "the two boxes were mixed up"}
    attach(result, ana.samples.get(), **by)
    assert erased("patient", "result_versions", ben.pk) == 0
    assert findings() == ["Ferritin: 18 ug/L (normal)"]
