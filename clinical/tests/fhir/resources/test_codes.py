"""Every state and choice of ours has its code, and R4 has it too."""

import pytest

from clinical.fhir.resources.codes import MODALITIES, PRIORITIES, STATUSES
from clinical.models import Modality, Urgency
from clinical.states import StudyState
from clinical.tests.fhir.schema import document

# https://hl7.org/fhir/R4/valueset-request-status.html; the schema takes any code there.
REQUEST = {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}


def test_each_of_ours_has_one():
    assert set(STATUSES) == set(StudyState)
    assert set(PRIORITIES) == set(Urgency)
    assert set(MODALITIES) == set(Modality) - {Modality.LABORATORY}  # of which there are no images


def statuses(kind):
    return set(document()["definitions"][kind]["properties"]["status"]["enum"])


@pytest.mark.parametrize("state", StudyState)
def test_R4_knows_each(state):
    mapped = STATUSES[state]
    assert mapped.request in REQUEST
    assert mapped.images in statuses("ImagingStudy")
    assert mapped.report in statuses("DiagnosticReport")


def test_who_must_be_read_sooner_comes_sooner():
    order = ["routine", "urgent", "asap", "stat"]
    ranks = [
        order.index(PRIORITIES[urgency]) for urgency in (Urgency.LOW, Urgency.MID, Urgency.HIGH)
    ]
    assert ranks == sorted(set(ranks))


def test_what_was_entered_in_error_is_that_in_all_three():
    assert set(STATUSES[StudyState.ENTERED_IN_ERROR]) == {"entered-in-error"}
