"""A card says as much as the list behind it shows, and what was put off waits for nobody."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinical.models import LabResult
from clinical.tests.factories import (
    performed_study,
    registered_sample,
    signed_study,
    study_of,
)
from core.cases import handling
from core.cases.models import Case
from core.database import clock
from desk.start import rollup
from desk.start.cards import list_at, on_day
from identity.access_log.reasons import LISTS
from identity.models import User
from identity.tests.factories import browser_of, staff
from kits.tests.factories import kit_in
from orders.tests.factories import placed_order
from shipping.tests.exceptions.test_cases import in_state, open_case
from shipping.tests.factories import queued_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return staff(is_superuser=True)


@pytest.fixture
def client(person: User) -> Client:
    client = Client()
    client.force_login(person)
    kept = client.session
    kept["access_reasons"] = {LISTS: "Audit"}  # who reads no studies says why first
    kept.save()
    return client


def figures(client: Client) -> dict[str, str]:
    return {card.title: card.figure for card in client.get("/admin/").context["cards"]}


EXCEPTIONS = ("Exceptions", "Exceptions that are late", "Exceptions you see to")


def exceptions(client: Client) -> tuple[str, ...]:
    shown = figures(client)
    return tuple(shown[title] for title in EXCEPTIONS)


def test_a_snoozed_case_is_in_no_figure_and_comes_back_into_all_of_them(client, person):
    with time_machine.travel("2026-06-01 12:00Z", tick=False) as time:
        case = open_case(in_state("rejected"))
        handling.take(case, by=person.actor)
        Case.objects.update(opened_at=clock.now() - timedelta(days=30))
        assert exceptions(client) == ("1", "1", "1")
        handling.snooze(case, by=person.actor, until=clock.now() + timedelta(hours=2))
        page = client.get("/admin/")
        assert exceptions(client) == ("0", "0", "0")
        assert (page.context["waiting"], page.context["mine"]) == ([], [])
        assert not any(card.alarming for card in page.context["cards"] if "Exc" in card.title)
        time.shift(7200)
        assert exceptions(client) == ("1", "1", "1")


def test_each_card_counts_what_its_list_shows(client, person):
    for state in ("rejected", "unknown", "failed-to-deliver"):
        handling.take(open_case(in_state(state)), by=person.actor)
    Case.objects.filter(kind="shipment-rejected").update(opened_at=clock.now() - timedelta(days=30))
    handling.snooze(Case.objects.latest("id"), by="t", until=clock.now() + timedelta(days=1))
    queued_shipment(state="scheduled", ship_on=clock.today() - timedelta(days=1))
    queued_shipment(state="queued", ship_on=clock.today())
    study_of(), performed_study(), signed_study()
    page = client.get("/admin/")
    assert len(page.context["cards"]) >= 9
    for card in page.context["cards"]:
        shown = client.get(card.link, follow=True).context["cl"]
        assert str(len(shown.result_list)) == card.figure, card.title


def test_kits_and_results_stand_on_the_page_of_who_acts_on_them(client):
    kit_in("received"), kit_in("returning")
    for serial, state in (("K1", "held"), ("K2", "waiting")):
        sample = registered_sample(serial)
        LabResult.objects.create(
            laboratory="reference",
            reference=serial,
            state=state,
            sample=sample,
            patient=sample.patient,
        )
    page = client.get("/admin/")
    shown = {card.title: card for card in page.context["cards"]}
    for title in ("Kits to examine", "Results to release"):
        assert shown[title].figure == "1"
        assert len(client.get(shown[title].link, follow=True).context["cl"].result_list) == 1
    expected = {"clinician": {"Results to release"}, "fulfilment": {"Kits to examine"}}
    for role in ("clinician", "fulfilment", "support", "auditor"):
        cards = set(figures(browser_of(staff(role))))
        assert cards & set(shown) & {"Kits to examine", "Results to release"} == expected.get(
            role, set()
        ), role


def test_each_kind_counts_what_its_list_shows(client, person):
    for state in ("rejected", "rejected", "unknown"):
        case = open_case(in_state(state))
    handling.take(case, by=person.actor)
    waiting = client.get("/admin/").context["waiting"]
    assert sorted((each.count, each.own) for each in waiting) == [(1, 1), (2, 0)]
    for each in waiting:
        assert len(client.get(each.link).context["cl"].result_list) == each.count


def test_figures_of_days_count_exceptions_that_were_put_off_or_closed_since(client):
    """They say what happened on a day, not what is left of it."""
    with time_machine.travel("2026-06-01 12:00Z", tick=False):
        for change in ({"snoozed_until": clock.now() + timedelta(days=1)}, {"closed_at": "now()"}):
            case = open_case(in_state("rejected"))
            changed: Any = {name: clock.now() if v == "now()" else v for name, v in change.items()}
            Case.objects.filter(pk=case.pk).update(**changed)
        assert rollup.count(clock.today())["exceptions"] == {"shipment-rejected": 2}


@pytest.mark.parametrize(
    ("state", "days_ago", "late"),
    [
        ("scheduled", 1, "1"),
        ("queued", 1, "1"),
        ("sending", 40, "1"),
        ("scheduled", 0, "0"),
        ("sent", 1, "0"),
        ("cancelled", 1, "0"),
        ("unknown", 1, "0"),
    ],
)
def test_a_parcel_is_late_the_day_after_it_should_have_left(client, state, days_ago, late):
    queued_shipment(state=state, ship_on=clock.today() - timedelta(days=days_ago))
    assert figures(client)["Parcels late"] == late


def test_an_address_of_a_list_keeps_commas_and_quotes_the_rest():
    order = placed_order()
    link = list_at("orders_order", state__in="placed,shipped", q=f"{order.number}&p=2")
    assert link == f"/admin/orders/order/?state__in=placed,shipped&q={order.number}%26p%3D2"
    assert list_at("orders_order") == "/admin/orders/order/"
    day = clock.today()
    assert on_day("time", day) == {"time_from_0": f"{day}", "time_to_0": f"{day}"}
