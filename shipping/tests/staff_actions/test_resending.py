"""A parcel that could not be delivered is sent again as a new one, held, or taken back."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from core import cases
from core.cases.models import Case
from core.risks import UnsafeActionError
from core.sweeper import reconcile
from core.workflow import TransitionNotAllowedError
from orders.services import cancel_order
from shipping import services
from shipping.exceptions import cases as parcel_cases
from shipping.models import Return, RoutingRule, Shipment
from shipping.schedules import services as schedules
from shipping.staff_actions import resending
from shipping.tests.admin.test_shipments import SHIPMENTS, page, press, signed_in
from shipping.tests.dispatch.test_queue import dispatched, kinds
from shipping.tests.exceptions.test_cases import act, cases_of, open_case, report
from shipping.tests.factories import monthly_schedule, queued_shipment
from shipping.tracking import events, returns

pytestmark = pytest.mark.django_db
STAFF = "user:ann"
API = "/api/v1/shipments/"


def failed(shipment: Shipment | None = None, **columns: Any) -> Shipment:
    """One that its carrier could not deliver, with its case."""
    shipment = shipment or queued_shipment()
    Shipment.objects.filter(pk=shipment.pk).update(state="failed-to-deliver", **columns)
    shipment.refresh_from_db()
    parcel_cases.open_cases([shipment])
    return shipment


def address_of(shipment: Shipment, **changes: str) -> dict[str, Any]:
    return {**shipment.address(), **changes}


def test_it_is_a_new_parcel_with_its_own_key_linked_to_the_first(provider):
    first = failed()
    second = resending.resend(first, by=STAFF, reason="She was away")
    assert (second.resend_of, second.reference) == (first, f"{first.reference}-2")
    assert second.key != first.key
    assert second.address() == first.address()
    assert dispatched(second).state == "sent"
    assert [p["body"]["order_id"] for p in provider.parcels()] == [second.reference]
    first.refresh_from_db()
    assert first.state == "failed-to-deliver", "its carrier still has it"
    assert kinds(first)[-1] == "resent"
    assert "resend" in kinds(second)
    assert cases_of(first) == [("shipment-failed", False)]


def test_the_corrected_address_is_that_of_the_new_parcel_and_of_its_one_off_order():
    first = failed()
    second = resending.resend(first, by=STAFF, **address_of(first, line_1="1 New Street"))
    first.refresh_from_db()
    second.order.refresh_from_db()
    assert second.line_1 == Shipment.objects.get(pk=second.pk).line_1 == "1 New Street"
    assert second.order.line_1 == "1 New Street"
    assert first.line_1 != "1 New Street", "where it went stays on record"
    told = [event.detail for row in (first, second) for event in row.events.all()]
    assert any("changed: line_1" in detail for detail in told)
    assert not any("New Street" in detail for detail in told)


@pytest.mark.parametrize("later_too", [False, True])
def test_later_parcels_of_a_recurring_order_go_there_only_when_that_is_said(later_too):
    schedule = monthly_schedule()
    first = failed(schedule.shipments.get())
    address = address_of(first, line_1="1 New Street")
    second = resending.resend(first, by=STAFF, **address, later_too=later_too)
    assert (second.schedule, second.occurrence) == (schedule, None)
    schedule.order.refresh_from_db()
    assert (schedule.order.line_1 == "1 New Street") == later_too
    assert schedule.order.state == "active"


def test_it_is_sent_again_once_until_that_is_cancelled():
    first = failed()
    second = resending.resend(first, by=STAFF)
    with pytest.raises(TransitionNotAllowedError, match=f"again already, as {second.reference}"):
        resending.resend(first, by=STAFF)
    services.cancel(second, by=STAFF)
    reconcile()
    assert cases_of(first)[-1] == ("shipment-failed", True), "it is for staff again"
    assert resending.resend(first, by=STAFF).reference == f"{first.reference}-3"


def test_the_second_may_fail_too():
    first = failed()
    second = failed(resending.resend(first, by=STAFF))
    assert cases_of(second) == [("shipment-failed", True)]
    third = resending.resend(second, by=STAFF)
    assert (third.reference, third.resend_of) == (f"{first.reference}-3", second)


@pytest.mark.parametrize(
    "state", ["queued", "sent", "in-transit", "delivered", "unknown", "rejected"]
)
def test_only_what_could_not_be_delivered_gets_a_second_parcel(state):
    shipment = queued_shipment(state=state)
    with pytest.raises(TransitionNotAllowedError):
        resending.resend(shipment, by=STAFF)
    assert Shipment.objects.count() == 1


def test_nothing_is_sent_for_an_order_that_was_cancelled():
    schedule = monthly_schedule()
    first = failed(schedule.shipments.get())
    cancel_order(schedule.order, by=STAFF)
    with pytest.raises(TransitionNotAllowedError, match="nothing is shipped for it"):
        resending.resend(first, by=STAFF)


@pytest.mark.parametrize("change", [{"postcode": "x" * 36}, {"country": "XX"}, {"city": ""}])
def test_an_address_that_cannot_be_printed_is_refused(change):
    first = failed()
    with pytest.raises(ValidationError) as refused:
        resending.resend(first, by=STAFF, **address_of(first, **change))
    assert list(refused.value.message_dict) == ["delivery_address"]
    assert Shipment.objects.count() == 1


@pytest.mark.parametrize("despite", [{"doubtful": True}, {"may_be_with": ["swiftparcel"]}])
def test_what_may_have_been_taken_in_its_place_needs_a_reason_though_it_was_cancelled(despite):
    first = failed()
    second = failed(resending.resend(first, by=STAFF))
    third = resending.resend(second, by=STAFF)
    Shipment.objects.filter(pk=third.pk).update(state="cancelled", **despite)
    with pytest.raises(UnsafeActionError, match="may have it already"):
        resending.resend(second, by=STAFF, reason="She was away")
    resending.resend(second, by=STAFF, reason="They lost it", despite_risk=True)


def test_that_the_first_arrived_after_all_speaks_against_another():
    first = failed()
    second = failed(resending.resend(first, by=STAFF))
    Shipment.objects.filter(pk=first.pk).update(state="delivered")
    with pytest.raises(UnsafeActionError, match=f"{first.reference} was delivered"):
        resending.resend(second, by=STAFF)


def test_what_somebody_else_may_have_needs_a_reason():
    first = failed(may_be_with=["swiftparcel"])
    with pytest.raises(UnsafeActionError, match="swiftparcel may have it already"):
        resending.resend(first, by=STAFF, reason="She was away")
    resending.resend(first, by=STAFF, reason="They lost it", despite_risk=True)


def test_it_goes_by_what_the_rules_say_of_the_new_address(world):
    rule = {"name": "Germany", "provider": "northpost", "priority": 1, "country": "DE"}
    RoutingRule.objects.create(**rule, is_active=True)
    first = failed()
    there = address_of(first, country="DE", postcode="10115", city="Berlin")
    assert resending.resend(first, by=STAFF, **there).provider == "northpost"


def test_its_one_off_order_is_delivered_by_the_second():
    first = failed()
    second = resending.resend(first, by=STAFF)
    report(second, "in-transit", "delivered")
    second.order.refresh_from_db()
    assert second.order.state == "delivered"


def test_a_recurring_order_ends_with_the_second_parcel():
    schedule = monthly_schedule()
    first = failed(schedule.shipments.get())
    second = resending.resend(first, by=STAFF)
    schedules.cancel(schedule, by=STAFF)
    report(second, "in-transit", "delivered")
    schedule.order.refresh_from_db()
    assert schedule.order.state == "finished"


def test_another_failure_of_the_first_is_no_case_any_more():
    first = queued_shipment(state="sent")
    report(first, "in-transit", "failed-to-deliver")
    resending.resend(first, by=STAFF)
    report(first, "in-transit", "failed-to-deliver", "in-transit", "failed-to-deliver")
    reconcile()
    assert not Case.objects.filter(closed_at=None, subject_id=first.pk).exists()


# --- hold, take back --------------------------------------------------------------------------


def test_it_is_held_for_collection_until_the_carrier_tries_again():
    first = queued_shipment(state="sent")
    report(first, "in-transit", "failed-to-deliver")
    act(open_case(first), "hold", reason="At the depot until Friday")
    assert kinds(first)[-1] == "held-for-collection"
    reconcile()
    events.apply(first.pk)
    assert cases_of(first) == [("shipment-failed", False)]
    report(first, *["in-transit", "failed-to-deliver"] * 2)
    assert cases_of(first)[-1] == ("shipment-failed", True)


def test_it_comes_back_and_is_no_case_meanwhile():
    first = failed()
    act(open_case(first), "return", reason="They give up")
    assert Return.objects.get().shipment == first
    reconcile()
    assert cases_of(first) == [("shipment-failed", False)]
    returns.receive(Return.objects.get(), by=STAFF)
    resending.resend(first, by=STAFF, reason="Here again, so out again")


def test_a_return_that_does_not_happen_makes_it_a_case_again():
    first = failed()
    returns.close(returns.request(first, by=STAFF, reason="They give up"), by=STAFF)
    reconcile()
    assert cases_of(first)[-1] == ("shipment-failed", True)


# --- the doors --------------------------------------------------------------------------------


def test_the_queue_offers_what_can_be_done_and_says_what_it_costs():
    case = open_case(first := failed())
    client = signed_in("fulfilment")
    shown = page(client, f"/admin/core/case/{case.pk}/change/")
    for label in ("Correct the address and send again", "Hold for collection", "Return to sender"):
        assert label in shown
    asked = page(client, f"/admin/core/case/{case.pk}/resend-parcel/")
    assert first.line_1 in asked
    assert "the price is not known here" in asked
    given = address_of(first, line_1="1 New Street")
    assert client.post(f"/admin/core/case/{case.pk}/resend-parcel/", given).status_code == 302
    assert Shipment.objects.get(resend_of=first).line_1 == "1 New Street"
    done = page(client, f"/admin/core/case/{case.pk}/change/")
    assert "“Correct the address and send again” is done." in done
    assert done.count("Correct the address and send again") == 2, "the history has it too"
    assert "resend-parcel" not in done


def test_the_page_of_each_shows_the_other():
    first, client = failed(), signed_in("fulfilment")
    asked = page(client, f"{SHIPMENTS}{first.pk}/resend/")
    assert "the price is not known here" in asked
    assert first.line_1 in asked
    press(client, SHIPMENTS, first, "resend", **address_of(first, line_1="1 New Street"))
    second = Shipment.objects.get(resend_of=first)
    assert second.line_1 == "1 New Street"
    assert f"{SHIPMENTS}{second.pk}/change/" in page(client, f"{SHIPMENTS}{first.pk}/change/")
    assert f"{SHIPMENTS}{first.pk}/change/" in page(client, f"{SHIPMENTS}{second.pk}/change/")
    assert press(client, SHIPMENTS, first, "resend").status_code == 403, "not twice"


def test_the_page_shows_the_return_and_offers_no_second_one():
    first, client = failed(), signed_in("fulfilment")
    assert "Take it back" in page(client, f"{SHIPMENTS}{first.pk}/change/")
    parcel = returns.request(first, by=STAFF, reason="Nobody is ever there")
    shown = page(client, f"{SHIPMENTS}{first.pk}/change/")
    assert f"/admin/shipping/return/{parcel.pk}/change/" in shown
    assert f"{parcel.reference}</a>: Requested" in shown
    assert "Take it back" not in shown
    told = first.events.latest("id")
    assert (told.kind, told.actor, told.detail) == ("return-requested", STAFF, parcel.reference)
    asked = page(client, f"{SHIPMENTS}{first.pk}/resend/")
    assert f"Its return is under way: {parcel.reference}." in asked
    assert "stays with its carrier" not in asked
    returns.close(parcel, by=STAFF, reason="It is lost")
    assert "Take it back" in page(client, f"{SHIPMENTS}{first.pk}/change/")


def test_a_case_of_one_that_comes_back_offers_no_second_return():
    first = failed()
    take_back = cases.kind("shipment-failed").action("return")
    assert take_back
    assert take_back.is_available(first)
    returns.request(first, by=STAFF, reason="Nobody is ever there")
    assert not take_back.is_available(first)


def test_the_page_shows_that_it_is_held_until_it_is_tried_again(provider):
    first, client = failed(), signed_in("fulfilment")
    resending.hold(first, by=STAFF, reason="Depot Nord until 3 December")
    assert resending.held(first) == "Depot Nord until 3 December"
    shown = page(client, f"{SHIPMENTS}{first.pk}/change/").partition("Held for collection")[2]
    assert "Depot Nord" in shown[:600]
    first.events.create(kind="delivery-failed", from_state=first.state, to_state=first.state)
    assert resending.held(first) == ""
    resending.hold(first, by=STAFF, reason="Depot Nord until 9 December")
    first.state = "in-transit"
    assert resending.held(first) == ""


def test_the_api_sends_again_and_shows_the_link_in_both_directions(api):
    first, client = failed(), api()
    answer = client.post(f"{API}{first.pk}/resend/", {}, format="json")
    second = answer.json()
    assert (answer.status_code, second["resend_of"]) == (201, first.pk)
    assert answer["Location"] == f"{API}{second['id']}/"
    shown = client.get(f"{API}{first.pk}/").json()
    assert (shown["resent_as"], shown["resend_of"]) == ([second["id"]], None)
    again = client.post(f"{API}{first.pk}/resend/", {}, format="json")
    assert (again.status_code, Shipment.objects.count()) == (409, 2)


def test_the_api_takes_an_address_and_a_key(api):
    first, client = failed(), api()
    body = {"delivery_address": address_of(first, line_1="1 New Street")}
    answers = [
        client.post(f"{API}{first.pk}/resend/", body, format="json", HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Shipment.objects.get(resend_of=first).line_1 == "1 New Street"


@pytest.mark.parametrize("wrong", [{"country": "XX"}, {"city": ""}, {"line_3": "x"}])
def test_the_api_names_what_is_wrong_with_an_address(api, wrong):
    first = failed()
    body = {"delivery_address": address_of(first) | wrong}
    answer = api().post(f"{API}{first.pk}/resend/", body, format="json")
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["attr"]) == (400, f"delivery_address.{next(iter(wrong))}")


def test_who_may_only_look_sends_nothing_again(api):
    first = failed()
    assert press(signed_in("support"), SHIPMENTS, first, "resend").status_code == 403
    assert api("shipping:read").post(f"{API}{first.pk}/resend/").status_code == 403
    assert Shipment.objects.count() == 1
