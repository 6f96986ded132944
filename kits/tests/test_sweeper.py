"""What the sweeper finds that a lost message has left behind."""

import pytest

from core.database.slices import Slices
from core.models import Case
from core.sweeper import reconcile
from kits import sweeper
from kits.tests.factories import kit_in
from shipping.models import TrackingEvent
from shipping.tests.factories import tracked
from shipping.tracking import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _from_the_newest(monkeypatch):
    monkeypatch.setattr(sweeper, "_parked", Slices("received_at", size=2))


def reported(label: str, provider: str = "northpost") -> TrackingEvent:
    """An event of a label, whose task never ran."""
    events.store(provider, [tracked(label, "in-transit")])
    return TrackingEvent.objects.latest("id")


def test_an_event_of_a_return_label_whose_task_was_lost_is_claimed_and_its_case_is_closed():
    kit = kit_in("delivered")
    event = reported(str(kit.return_tracking))
    reconcile()
    assert Case.objects.get(closed_at=None).kind == "event-parked"
    assert sweeper.sweep()["events of return labels"] == 1
    kit.refresh_from_db()
    event.refresh_from_db()
    assert (kit.state, event.applied_at is not None) == ("returning", True)
    reconcile()
    assert not Case.objects.filter(closed_at=None).exists()
    assert sweeper.sweep()["events of return labels"] == 0


def test_what_is_older_is_found_slice_by_slice_behind_what_is_nobodys():
    kit = kit_in("delivered")
    reported(str(kit.return_tracking))
    for number in range(5):
        reported(f"unknown-{number}")
    claimed = [sweeper.claim_late() for _ in range(4)]
    assert sum(claimed) == 1
    assert TrackingEvent.objects.filter(applied_at=None).count() == 5


def test_one_that_fails_holds_up_no_other(poison):
    kits = [kit_in("delivered") for _ in range(2)]
    for kit in kits:
        reported(str(kit.return_tracking))
    poison("kits_kitevent", f"NEW.kit_id = {kits[0].pk}")
    assert sweeper.claim_late() == 1
    poison.cure()
    for _ in range(3):
        sweeper.claim_late()
    kits[1].refresh_from_db()
    assert kits[1].state == "returning"
