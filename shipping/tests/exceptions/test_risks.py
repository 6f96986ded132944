"""The same verb behind every door: none makes a second parcel, or gives one up, unasked.

The ledger is that of a real server, which takes each parcel and loses its answer.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from core.cases.models import Case
from core.risks import UnsafeActionError
from core.workflow import TransitionNotAllowedError
from orders.services import cancel_order
from sandbox.testing import Sandbox
from shipping import providers, services
from shipping.dispatch import failover
from shipping.dispatch import queue as dispatch_queue
from shipping.exceptions import cases
from shipping.models import ProviderProfile, RoutingRule, Shipment
from shipping.staff_actions import resolutions
from shipping.tests.admin.test_shipments import SHIPMENTS, press, select, signed_in
from shipping.tests.conftest import LANES
from shipping.tests.factories import last_event, queued_shipment

pytestmark = pytest.mark.django_db
STAFF = "user:fulfilment1"
RISK: dict[str, Any] = {"despite_risk": True, "reason": "They say that they lost it"}
Door = Callable[[Client, Any, Shipment, str, dict[str, Any]], Any]


def page(staff: Client, api: Any, row: Shipment, verb: str, decision: dict[str, Any]) -> None:
    press(staff, SHIPMENTS, row, verb, **_typed(decision))


def bulk(staff: Client, api: Any, row: Shipment, verb: str, decision: dict[str, Any]) -> None:
    form = {"action": f"{verb}_selected", "_selected_action": [row.pk], "confirmed": "yes"}
    form |= _typed(decision)
    staff.post(SHIPMENTS, form, follow=True)


def queue(staff: Client, api: Any, row: Shipment, verb: str, decision: dict[str, Any]) -> None:
    staff.post(f"/admin/core/case/{_case(row).pk}/{verb}/", _typed(decision))


def queue_api(staff: Client, api: Any, row: Shipment, verb: str, decision: dict[str, Any]) -> Any:
    url = f"/api/v1/exceptions/{_case(row).pk}/actions/{verb}/"
    return api().post(url, decision, format="json")


def verb_api(staff: Client, api: Any, row: Shipment, verb: str, decision: dict[str, Any]) -> Any:
    return api().post(f"/api/v1/shipments/{row.pk}/{verb}/", decision, format="json")


DOORS: list[Door] = [page, bulk, queue, queue_api, verb_api]
every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)


def _typed(decision: dict[str, Any]) -> dict[str, str]:
    """As a form says it."""
    return {name: "on" if value is True else str(value) for name, value in decision.items()}


def _case(row: Shipment) -> Case:
    return Case.objects.get(subject_id=row.pk, closed_at=None, kind__startswith="shipment-")


@pytest.fixture
def world(world: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Nothing here waits for a time-out: a busy machine must not cause one."""
    for name in LANES:
        monkeypatch.setattr(providers.get(name), "timeout", 10)
    return world


@pytest.fixture
def staff() -> Client:
    return signed_in("fulfilment")


def in_doubt(world: Sandbox, name: str) -> Shipment:
    """One that its provider has taken, whose answer was lost and which waits for staff."""
    shipment = queued_shipment(provider=name)
    world.faults(**{LANES[name]: {"mode": "close_after_accept", "times": 1}})
    dispatch_queue.dispatch()
    Shipment.objects.filter(pk=shipment.pk).update(state="unknown", doubtful=True)
    shipment.refresh_from_db()
    cases.open_cases([shipment])
    assert len(world.parcels()) == 1
    return shipment


def unknown(**columns: Any) -> Shipment:
    shipment = queued_shipment(state="unknown", provider="swiftparcel", doubtful=True, **columns)
    cases.open_cases([shipment])
    return shipment


def after(shipment: Shipment) -> Shipment:
    dispatch_queue.dispatch()
    shipment.refresh_from_db()
    return shipment


def test_each_provider_is_tried_at_each_door():
    real = {name for name in providers.names() if not providers.get(name).is_fake}
    assert {"reference", "northpost", "swiftparcel"} <= set(LANES) <= real
    if untried := real - set(LANES):
        pytest.skip(f"without a stand-in in the sandbox: {', '.join(sorted(untried))}")


@every_door
@pytest.mark.parametrize("name", LANES)
@pytest.mark.parametrize("decision", [{}, {"reason": "I am sure"}], ids=["silent", "reason"])
def test_no_door_makes_a_second_parcel_unasked(world, staff, api, door, name, decision):
    shipment = in_doubt(world, name)
    door(staff, api, shipment, "retry", decision)
    after(shipment)
    assert len(world.parcels()) == 1
    safe = providers.get(name).resend_is_safe
    assert (shipment.state, shipment.doubtful) == (("sent", False) if safe else ("unknown", True))
    assert ("retried" in [event.kind for event in shipment.events.all()]) == safe


@every_door
def test_every_door_sends_again_for_a_risk_that_was_taken(world, staff, api, door):
    shipment = in_doubt(world, "swiftparcel")
    door(staff, api, shipment, "retry", RISK)
    assert after(shipment).state == "sent"
    assert len(world.parcels()) == 2, "as was said"
    told = shipment.events.get(kind="retried").detail
    assert told.startswith(RISK["reason"])
    assert "despite: swiftparcel may have it already" in told


@every_door
@pytest.mark.parametrize("reason", ["", "  ", "so"])
def test_a_risk_is_taken_for_a_reason(staff, api, door, reason):
    shipment = unknown()
    door(staff, api, shipment, "retry", {"despite_risk": True, "reason": reason})
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == ("unknown", True)


@every_door
@pytest.mark.parametrize("decision", [{}, {"reason": "Nobody lives there"}])
def test_no_door_gives_up_unasked_what_may_be_delivered(staff, api, door, decision):
    shipment = unknown()
    door(staff, api, shipment, "cancel", decision)
    shipment.refresh_from_db()
    assert shipment.state == "unknown"
    door(staff, api, shipment, "cancel", RISK)
    shipment.refresh_from_db()
    assert shipment.state == "cancelled"
    assert "despite: swiftparcel may have it" in last_event(shipment).detail


@every_door
@pytest.mark.parametrize("state", ["rejected", "failed-to-deliver"])
def test_what_went_wrong_is_given_up_for_a_reason_at_every_door(staff, api, door, state):
    shipment = queued_shipment(state=state)
    cases.open_cases([shipment])
    door(staff, api, shipment, "cancel", {})
    shipment.refresh_from_db()
    assert shipment.state == state
    door(staff, api, shipment, "cancel", {"reason": "Nobody lives there"})
    shipment.refresh_from_db()
    assert shipment.state == "cancelled"


def test_the_api_says_what_to_send(api):
    shipment = unknown()
    for verb in ("retry", "cancel"):
        answer = api().post(f"/api/v1/shipments/{shipment.pk}/{verb}/")
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["code"]) == (409, "unsafe")
        assert "swiftparcel may have it already" in error["detail"]
        assert "`despite_risk`: true with a `reason`" in error["detail"]
        answer = api().post(
            f"/api/v1/shipments/{shipment.pk}/{verb}/", {"despite_risk": True}, format="json"
        )
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "reason")


def test_the_dialogs_show_the_risk_before_it_is_taken(staff):
    risky, harmless = unknown(), queued_shipment(state="rejected")
    for verb in ("retry", "cancel"):
        shown = staff.get(f"{SHIPMENTS}{risky.pk}/{verb}/").content.decode()
        assert "swiftparcel may have it already" in shown
        assert 'name="despite_risk"' in shown
        assert shown.index("swiftparcel may have it already") < shown.index('name="despite_risk"')
        assert "makes no second parcel" not in shown
        assert (
            'name="despite_risk"'
            not in staff.get(f"{SHIPMENTS}{harmless.pk}/{verb}/").content.decode()
        )


def test_a_bulk_action_says_which_it_refuses_and_does_the_others(staff):
    risky, harmless = unknown(), queued_shipment(state="rejected")
    shown = select(staff, SHIPMENTS, "retry_selected", risky, harmless, confirmed="yes")
    assert "Queued again: 1." in shown
    assert f"{risky}: swiftparcel may have it already." in shown
    assert "select it again, tick “Despite the risk” beside the action, and say why there." in shown


def test_the_tick_of_the_bar_has_its_label_on_the_same_line(staff):
    unknown()
    bar = staff.get(SHIPMENTS).content.decode().partition('id="changelist-actions"')[2]
    label = bar[: bar.index("Despite the risk")].rpartition("<label")[2]
    assert "white-space: nowrap" in label
    assert 'name="despite_risk"' in label


@pytest.mark.parametrize("fault", [{"status": 400}, {"status": 503}, {"mode": "garbled"}])
def test_a_second_try_that_fails_says_nothing_of_the_first(world, fault):
    shipment = in_doubt(world, "swiftparcel")
    services.retry(shipment, by=STAFF, **RISK)
    world.faults(swiftparcel=fault | {"times": 1})
    assert (after(shipment).state, shipment.doubtful) == ("unknown", True)
    with pytest.raises(UnsafeActionError):
        services.retry(shipment, by=STAFF, reason="They refused it")


def test_who_may_hold_another_parcel_is_remembered_elsewhere_too(world):
    """It is given to another provider, which refuses it: the first may have it still."""
    shipment = in_doubt(world, "swiftparcel")
    resolutions.reroute(shipment, by=STAFF, provider="reference", **RISK)
    world.faults(provider={"status": 422, "times": 1})
    assert (after(shipment).state, shipment.doubtful) == ("rejected", False)
    address: dict[str, Any] = shipment.address() | {"line_1": "1 New Street"}
    for verb, given in (
        (services.retry, {}),
        (services.cancel, {}),
        (resolutions.reroute, {"provider": "swiftparcel"}),
        (resolutions.reroute, {"provider": "northpost"}),
        (resolutions.correct_and_send, address),
    ):
        with pytest.raises(UnsafeActionError, match="swiftparcel may have it already"):
            verb(shipment, by=STAFF, reason="They refused it", **given)
    with pytest.raises(TransitionNotAllowedError):
        cancel_order(shipment.order, by=STAFF)
    assert len(world.parcels()) == 1


@pytest.mark.parametrize("how", ["busy", "switched off"])
def test_nothing_goes_by_itself_to_who_may_have_it(world, how):
    for priority, name in enumerate(("northpost", "swiftparcel"), 1):
        RoutingRule.objects.create(name=name, provider=name, priority=priority, is_active=True)
    shipment = in_doubt(world, "swiftparcel")
    resolutions.reroute(shipment, by=STAFF, provider="northpost", **RISK)
    if how == "busy":
        world.faults(northpost={"status": 429, "times": 1})
        dispatch_queue.dispatch()
    else:
        ProviderProfile.objects.create(provider="northpost", is_active=False)
        failover.reassign_waiting()
    shipment.refresh_from_db()
    assert (shipment.provider, shipment.state) == ("northpost", "queued")
    assert len(world.parcels()) == 1


def test_back_where_it_was_in_doubt_it_is_looked_up_first(world):
    shipment = in_doubt(world, "reference")
    resolutions.reroute(shipment, by=STAFF, provider="swiftparcel", **RISK)
    world.faults(swiftparcel={"status": 400, "times": 1})
    after(shipment)
    resolutions.reroute(shipment, by=STAFF, provider="reference", **RISK)
    assert after(shipment).state == "sent"
    assert [entry.get("carrier") for entry in world.parcels()] == [None], "the first one was found"


def test_what_the_provider_has_is_said_with_a_reason():
    shipment = unknown()
    with pytest.raises(ValidationError):
        resolutions.confirm_accepted(shipment, by=STAFF)
    assert Shipment.objects.get().state == "unknown"


def test_an_order_is_not_cancelled_over_a_parcel_in_doubt(staff, api):
    shipment = unknown()
    answer = api().post(
        f"/api/v1/orders/{shipment.order_id}/cancel/", {"reason": "too late"}, format="json"
    )
    assert answer.status_code == 409
    press(staff, "/admin/orders/order/", shipment.order, "cancel", reason="too late")
    shipment.order.refresh_from_db()
    assert shipment.order.state == "placed"


def test_one_whose_provider_was_taken_away_goes_by_another():
    shipment = queued_shipment(state="rejected", provider="gone")
    resolutions.reroute(shipment, by=STAFF, provider="console", reason="They are no more")
    assert Shipment.objects.get().provider == "console"
