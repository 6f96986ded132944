"""What a laboratory says of a kit that came in."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from core.database import clock
from core.models import Case
from core.sweeper import reconcile
from core.workflow import TransitionNotAllowedError
from kits import services
from kits.laboratory.receipt import Receipt, receive, resume
from kits.models import Kit
from kits.tests.factories import a_label, kit_in, order_of_kits, packed_kit, stocked_kit
from kits.values.reasons import RECOVERABLE, Reason

pytestmark = pytest.mark.django_db
LAB = "client:lab"


def kinds() -> list[str]:
    return list(Case.objects.filter(closed_at=None).values_list("kind", flat=True))


def steps(kit: Kit) -> list[str]:
    return list(kit.events.order_by("id").values_list("kind", flat=True))


@pytest.mark.parametrize("state", ["sent", "delivered", "registered", "returning"])
def test_a_kit_is_received_and_accepted_in_one_go(state):
    kit = kit_in(state)
    receive(kit, Receipt("ROOM"), by=LAB)
    kit.refresh_from_db()
    assert (kit.state, kit.condition, kit.reason) == ("accepted", "ROOM", "")
    assert kit.received_at
    assert steps(kit)[-2:] == ["received", "accepted"]
    assert kit.events.latest("id").actor == LAB
    assert kinds() == []


@pytest.mark.parametrize("reason", Reason.values)
def test_a_kit_is_rejected_for_good_or_waits_for_its_person(reason):
    kit = kit_in("returning")
    receive(kit, Receipt("COOL", reason), by=LAB)
    kit.refresh_from_db()
    assert (kit.state, kit.reason) == ("rejected", reason)
    assert kinds() == ["kit-waiting" if reason in RECOVERABLE else "kit-rejected"]
    assert reason in kit.events.latest("id").detail
    assert set(reconcile().values()) == {0}


def test_a_kit_that_waits_is_accepted_once_its_person_has_said_what_was_missing():
    kit = kit_in("returning")
    receive(kit, Receipt("ROOM", "RD"), by=LAB)
    with pytest.raises(ValidationError):
        resume(kit, by="user:test", reason=" ")
    resume(kit, by="user:test", reason="sampled on the third")
    kit.refresh_from_db()
    assert (kit.state, kit.reason, kinds()) == ("accepted", "", [])
    with pytest.raises(TransitionNotAllowedError):
        resume(kit, by="user:test", reason="sampled on the third")


def test_a_kit_that_is_rejected_for_good_is_not_resumed():
    kit = kit_in("returning")
    receive(kit, Receipt("ROOM", "QS"), by=LAB)
    with pytest.raises(TransitionNotAllowedError):
        resume(kit, by="user:test", reason="please try again")


@pytest.mark.parametrize("state", ["packed", "received", "accepted", "in-lab", "destroyed"])
def test_a_kit_that_cannot_have_come_back_is_refused(state):
    kit = kit_in(state)
    with pytest.raises(TransitionNotAllowedError):
        receive(kit, Receipt("ROOM"), by=LAB)
    kit.refresh_from_db()
    assert (kit.state, kit.received_at) == (state, None)


def test_a_kit_that_nobody_was_sent_is_refused():
    with pytest.raises(TransitionNotAllowedError, match="in-stock"):
        receive(stocked_kit(), Receipt("ROOM"), by=LAB)


def test_a_lost_kit_may_turn_up_at_the_door_unless_another_has_its_place():
    found = kit_in("lost")
    receive(found, Receipt("ROOM"), by=LAB)
    other = packed_kit(order := order_of_kits())
    services.report_lost(other, by="user:test", reason="no news for weeks")
    services.pack(stocked_kit(), order, return_tracking=a_label(), by="user:test")
    with pytest.raises(TransitionNotAllowedError, match="another was sent in its place"):
        receive(other, Receipt("ROOM"), by=LAB)


def test_a_time_in_the_future_or_before_packing_and_unknown_codes_are_refused():
    kit, day = kit_in("returning"), timedelta(days=1)
    for seen, field in (
        (Receipt("ROOM", received_at=clock.now() + day), "received_at"),
        (Receipt("ROOM", received_at=clock.now() - day), "received_at"),
        (Receipt("WARM"), "condition"),
        (Receipt("ROOM", "XX"), "reason"),
    ):
        with pytest.raises(ValidationError) as refused:
            receive(kit, seen, by=LAB)
        assert list(refused.value.message_dict) == [field]
    kit.refresh_from_db()
    assert kit.state == "returning"
