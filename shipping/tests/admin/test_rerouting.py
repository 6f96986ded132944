"""Parcels that wait for a provider that takes none are given to another one, by staff."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from core.cases.models import Case
from core.risks import UnsafeActionError
from core.sweeper import reconcile
from core.workflow import TransitionNotAllowedError
from identity.tests.factories import staff
from shipping.dispatch import queue
from shipping.models import ProviderProfile, Shipment, UnreadableEvent
from shipping.providers.console import Console
from shipping.staff_actions import resolutions
from shipping.tests.admin.test_shipments import SHIPMENTS, press
from shipping.tests.factories import last_event, queued_shipment
from shipping.tracking import unreadable

pytestmark = pytest.mark.django_db
STAFF = "user:fulfilment1"
SEND_BY = "Send by another provider"


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(staff("fulfilment"))
    return client


def switched_off(**columns: Any) -> Shipment:
    """A parcel that waits for a provider that takes none."""
    shipment = queued_shipment(**columns)
    ProviderProfile.objects.update_or_create(
        provider=shipment.provider, defaults={"is_active": False}
    )
    return shipment


def test_one_that_waits_goes_by_another_at_once_under_its_own_key(browser):
    shipment = switched_off(attempts=3)
    shown = browser.get(f"{SHIPMENTS}{shipment.pk}/change/").content.decode()
    assert SEND_BY in shown
    press(browser, SHIPMENTS, shipment, "send-by", provider="console")
    queue.dispatch()
    after = Shipment.objects.get()
    assert (after.state, after.provider, after.key) == ("sent", "console", shipment.key)
    told = shipment.events.get(kind="rerouted")
    assert told.detail.startswith("from reference to console")


def test_many_are_given_to_the_provider_that_is_chosen_beside_the_action(browser):
    chosen = [switched_off() for _ in range(3)]
    form = {"action": "send_selected_by", "_selected_action": [row.pk for row in chosen]}
    shown = browser.post(SHIPMENTS, form, follow=True).content.decode()
    assert "Choose the provider" in shown
    assert set(Shipment.objects.values_list("provider", flat=True)) == {"reference"}
    shown = browser.post(SHIPMENTS, form | {"provider": "console"}).content.decode()
    assert '<input type="hidden" name="provider" value="console">' in shown
    assert set(Shipment.objects.values_list("provider", flat=True)) == {"reference"}
    browser.post(SHIPMENTS, form | {"provider": "console", "confirmed": "yes"}, follow=True)
    assert set(Shipment.objects.values_list("provider", "state")) == {("console", "queued")}


def test_one_whose_day_is_to_come_ships_on_a_working_day_of_its_new_provider():
    ProviderProfile.objects.create(provider="console", working_days=[1])
    shipment = queued_shipment(state="scheduled", ship_on=date(2026, 6, 4))
    resolutions.reroute(shipment, by=STAFF, provider="console")
    after = Shipment.objects.get()
    assert (after.state, after.ship_on) == ("scheduled", date(2026, 6, 8))


@pytest.mark.parametrize("state", ["sending", "sent", "in-transit", "delivered", "cancelled"])
def test_one_that_was_handed_over_is_given_to_nobody_else(browser, state):
    shipment = queued_shipment(state=state)
    with pytest.raises(TransitionNotAllowedError):
        resolutions.reroute(shipment, by=STAFF, provider="console")
    assert SEND_BY not in browser.get(f"{SHIPMENTS}{shipment.pk}/change/").content.decode()
    assert Shipment.objects.get().provider == "reference"


def test_one_that_waits_in_doubt_is_given_away_for_a_reason_only():
    shipment = queued_shipment(doubtful=True)
    with pytest.raises(UnsafeActionError):
        resolutions.reroute(shipment, by=STAFF, provider="console")
    why: dict[str, Any] = {"despite_risk": True, "reason": "They lost it"}
    resolutions.reroute(shipment, by=STAFF, provider="console", **why)
    assert Shipment.objects.get().may_be_with == ["reference"]
    assert last_event(shipment).kind == "rerouted"


def test_it_stays_where_it_is_when_the_adapter_of_the_other_has_a_fault(monkeypatch):
    shipment = queued_shipment()
    monkeypatch.delattr(Console, "create")
    with pytest.raises(ValidationError, match="has a fault here"):
        resolutions.reroute(shipment, by=STAFF, provider="console")
    assert Shipment.objects.get().provider == "reference"


def test_what_another_has_changed_meanwhile_stays_as_it_is():
    seen = queued_shipment()
    resolutions.reroute(queued_shipment(seen.order), by=STAFF, provider="console")
    with pytest.raises(TransitionNotAllowedError, match="meanwhile"):
        resolutions.reroute(seen, by=STAFF, provider="northpost")
    with pytest.raises(ValidationError):
        resolutions.reroute(Shipment.objects.get(), by=STAFF, provider="console")


def _links(browser: Client, kind: str) -> str:
    reconcile()
    case = Case.objects.get(kind=kind, closed_at=None)
    return browser.get(f"/admin/core/case/{case.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("kind", "columns", "label", "query"),
    [
        ("provider-switched-off", {}, "parcels that wait: 2", "status=queued"),
        ("provider-not-set-up", {"provider": "northpost"}, "parcels that wait: 2", "status=queued"),
        ("webhooks-silent", {"state": "in-transit"}, "parcels on their way: 2", "status=moving"),
    ],
)
def test_the_case_of_a_provider_counts_its_parcels_and_leads_to_their_list(
    browser, settings, kind, columns, label, query
):
    settings.NORTHPOST_URL = ""
    for _ in range(2):
        row = queued_shipment(sent_at="2020-01-01T00:00Z", **columns)
    off = kind == "provider-switched-off"
    ProviderProfile.objects.create(provider=row.provider, is_active=not off)
    queued_shipment(provider="console")
    shown = _links(browser, kind)
    assert label in shown
    assert f"{SHIPMENTS}?{query}&amp;provider={row.provider}" in shown
    listed = browser.get(f"{SHIPMENTS}?{query}&provider={row.provider}").content.decode()
    assert listed.count(f"{SHIPMENTS}{row.pk}/change/") == 1


def test_the_case_of_what_nobody_understood_counts_it_and_leads_to_it(browser):
    ProviderProfile.ensure(["reference"])
    for number in range(3):
        UnreadableEvent.objects.create(
            provider="reference",
            digest=str(number),
            raw={},
            problem="a status",
            raw_status="beamed",
        )
    shown = _links(browser, unreadable.KIND)
    assert "events that were not understood: 3" in shown
    assert "/admin/shipping/unreadableevent/?waits=yes&amp;provider=reference" in shown
    assert "Read it in the list" in shown
