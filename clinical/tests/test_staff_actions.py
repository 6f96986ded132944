"""Cases of results: who sees them, and what can be done about each."""

import pytest

from clinical.laboratories.applying import UNMATCHED
from clinical.laboratories.incoming import NOT_UNDERSTOOD
from clinical.laboratories.informing import CORRECTED, CRITICAL, HELD
from clinical.tests.factories import clinician, registered_sample
from clinical.tests.laboratories.messages import arrived, finding, message
from core import cases
from core.cases.models import Case
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything():
    """A critical, a held, and an unmatched result, and what nobody understands."""
    for serial, flag in (("K1", "critical"), ("K2", "positive")):
        registered_sample(serial)
        sample = {"serial": serial}
        arrived(message(result_id=serial, sample=sample, findings=[finding("7", flag)]))
    arrived(message(result_id="K3", sample={"serial": "K3"}), b"<html>")


def seen_by(role):
    person = clinician() if role == "clinician" else staff(role)
    browser = browser_of(person, access_reasons={"lists": "a test"})
    return {
        case.kind
        for case in Case.objects.all()
        if browser.get(f"/admin/core/case/{case.pk}/change/").status_code == 200
    }


def test_a_critical_and_a_held_one_are_seen_by_who_may_release_them(everything):
    assert set(Case.objects.values_list("kind", flat=True)) == {
        *(CRITICAL, HELD, UNMATCHED, NOT_UNDERSTOOD),
    }
    assert seen_by("clinician") == {CRITICAL, HELD, UNMATCHED, NOT_UNDERSTOOD}
    assert seen_by("auditor") == {UNMATCHED, NOT_UNDERSTOOD}
    assert seen_by("manager") == set()
    assert seen_by("support") == set()


@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        (CRITICAL, []),  # it is released on its page, where it is read
        (HELD, []),
        (UNMATCHED, []),
        (CORRECTED, ["informed"]),
        (NOT_UNDERSTOOD, ["read-lab-messages", "set-message-aside"]),
    ],
)
def test_each_has_its_actions(kind, actions):
    assert [action.name for action in cases.kind(kind).actions] == actions
