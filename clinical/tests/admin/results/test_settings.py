"""What staff set for all results."""

import pytest

from clinical.models import DutyTurn, ReleaseRule
from clinical.tests.factories import clinician
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db


def test_a_clinician_sets_which_results_go_by_themselves_and_who_is_called():
    doctor = clinician()
    client = browser_of(doctor)
    client.post("/admin/clinical/releaserule/add/", {"kit_type": "ancestry"})
    turn = {"turn": 1, "person": doctor.pk, "minutes": 10}
    client.post("/admin/clinical/dutyturn/add/", turn)
    assert ReleaseRule.objects.get().kit_type == "ancestry"
    assert DutyTurn.objects.get().person == doctor


def test_nobody_else_does():
    client = browser_of(staff("manager"))
    answer = client.post("/admin/clinical/releaserule/add/", {"kit_type": "ancestry"})
    assert answer.status_code == 403
    assert not ReleaseRule.objects.exists()
