"""The reconciler of cases rests while there is nothing to mend."""

from core import sweeper
from core.sweeper import Reconciler
from shipping.tests.factories import queued_shipment

OPENED = "cases opened that nobody had"


def test_it_mends_until_all_is_in_step_and_then_rests(db):
    reconciler = Reconciler()
    queued_shipment(state="rejected")
    assert reconciler.sweep()[OPENED] == 1
    assert reconciler.sweep()[OPENED] == 0
    queued_shipment(state="rejected")
    assert reconciler.sweep() == {}


def test_after_its_rest_it_looks_again(db, monkeypatch):
    monkeypatch.setattr(sweeper, "REST", 0.0)
    reconciler = Reconciler()
    assert reconciler.sweep()[OPENED] == 0
    queued_shipment(state="rejected")
    assert reconciler.sweep()[OPENED] == 1
