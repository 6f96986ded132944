"""Parcels without news: their provider is asked, in the end staff are, and nobody is hammered."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from core.cases.models import Case
from core.outbox import attempt, claim, work
from core.sweeper import reconcile
from core.tests.plans import forget_statistics
from shipping import providers, sweeper
from shipping.dispatch import inquiries
from shipping.models import Inquiry, ProviderProfile, Shipment
from shipping.states import MOVING
from shipping.tests.dispatch.test_queue import dispatched
from shipping.tests.exceptions.test_cases import act, cases_of, in_state, open_case
from shipping.tests.factories import last_event, queued_shipment, tracked
from shipping.tracking import events, returns, stalled


def quiet_for(hours: float, **columns) -> Shipment:
    """A shipment that is with its provider, and has been silent for so long."""
    silent: dict[str, Any] = {"state": "sent", "news_at": timezone.now() - timedelta(hours=hours)}
    return queued_shipment(**(silent | columns))


def asked() -> int:
    """Let every question be asked that waits; how many were."""
    Inquiry.objects.filter(state="queued").update(next_attempt_at=timezone.now())
    return work(inquiries.delivery_queue("reference"))


def look_ups(provider) -> int:
    return sum(entry.get("action") == "look-up" for entry in provider.ledger()["other"])


def test_what_is_sent_counts_from_then_on(db, provider):
    shipment = dispatched(queued_shipment())
    assert shipment.news_at == shipment.sent_at


def test_after_a_day_the_provider_is_asked_and_after_two_again(db, provider):
    shipment = dispatched(queued_shipment())
    Shipment.objects.filter(pk=shipment.pk).update(news_at=timezone.now() - timedelta(hours=23))
    assert stalled.find_stalled() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert (stalled.find_stalled(), stalled.find_stalled()) == (1, 0)
        assert asked() == 1
    with time_machine.travel(timezone.now() + timedelta(hours=26)):
        assert (stalled.find_stalled(), asked()) == (1, 1)
    assert look_ups(provider) == 2


def test_after_three_days_it_is_a_case_until_there_is_news(db, provider):
    shipment = quiet_for(73)
    stalled.find_stalled()
    assert cases_of(shipment) == [("shipment-stuck", True)]
    assert set(reconcile().values()) == {0}
    events.store("reference", [tracked(shipment.reference, "in-transit")])
    events.apply(shipment.pk)
    assert cases_of(shipment) == [("shipment-stuck", False)]
    shipment.refresh_from_db()
    assert (shipment.quiet, shipment.state) == (0, "in-transit")


@pytest.mark.parametrize("first_a_case", [True, False])
def test_one_that_is_here_again_is_not_waited_for(db, first_a_case):
    shipment = quiet_for(73)
    if first_a_case:
        stalled.find_stalled()
    parcel = returns.request(shipment, by="user:1 ann", reason="It never came")
    returns.receive(parcel, by="user:1 ann")
    assert stalled.find_stalled() == 0
    reconcile()
    assert cases_of(shipment) == [("shipment-stuck", False)] * first_a_case


def test_staff_set_the_hours_of_a_provider(db):
    ProviderProfile.objects.create(provider="reference", ask_after=1, call_staff_after=3)
    quiet_for(2)
    assert stalled.find_stalled() == 1
    assert Inquiry.objects.count() == 1


def test_hours_that_do_not_grow_are_refused(db):
    profile = ProviderProfile(provider="reference", ask_after=50)
    with pytest.raises(Exception, match="later"):
        profile.full_clean()


def test_one_that_cannot_be_asked_goes_to_staff_at_once(db, monkeypatch):
    monkeypatch.setattr(type(providers.get("reference")), "supports_lookup", False)
    shipment = quiet_for(25)
    stalled.find_stalled()
    assert cases_of(shipment) == [("shipment-stuck", True)]
    assert not Inquiry.objects.exists()


def test_delivered_and_unsent_parcels_are_left_alone(db):
    for state in ("queued", "delivered", "rejected", "cancelled", "failed-to-deliver"):
        quiet_for(100, state=state)
    assert stalled.find_stalled() == 0


def test_a_pass_is_bounded_and_takes_a_few_statements(
    db, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(stalled, "CHUNK", 2)
    for _ in range(5):
        quiet_for(25)
    with django_assert_max_num_queries(40):
        assert stalled.find_stalled() == 2


def test_what_the_provider_says_is_news(db, provider):
    shipment = dispatched(queued_shipment())
    provider.config.events = False
    stalled.ask([shipment.pk])
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        asked()
    assert last_event(shipment).kind == "asked"
    assert "says" in last_event(shipment).detail


def test_one_that_the_provider_has_lost_can_go_elsewhere(db, provider):
    shipment = quiet_for(25)
    stalled.find_stalled()
    asked()
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == ("unknown", False)
    case = open_case(shipment)
    assert "does not have it" in case.said
    act(case, "send-by", fields={"provider": "console"})
    assert dispatched(shipment).provider == "console"


def test_staff_ask_after_an_unknown_one_and_it_is_there(db, provider):
    shipment = dispatched(queued_shipment())
    Shipment.objects.filter(pk=shipment.pk).update(state="unknown", doubtful=True)
    reconcile()
    act(open_case(shipment), "ask")
    asked()
    shipment.refresh_from_db()
    assert (shipment.state, shipment.doubtful) == ("sent", False)
    assert cases_of(shipment) == [("shipment-unknown", False)]


def test_staff_ask_after_an_unknown_one_and_it_is_not_there(db, provider):
    shipment = in_state("unknown", doubtful=True)
    act(open_case(shipment), "ask")
    asked()
    act(open_case(shipment), "send-by", fields={"provider": "console"})
    assert dispatched(shipment).provider == "console"


def test_a_provider_that_is_down_is_asked_later_and_not_hammered(db, provider):
    provider.faults(provider={"status": 503, "times": 100})
    quiet_for(25)
    stalled.find_stalled()
    for _ in range(5):
        work(inquiries.delivery_queue("reference"))
    assert look_ups(provider) <= 1
    assert Inquiry.objects.get().state == "queued"
    assert not Case.objects.exists()


def test_a_question_is_asked_once_however_often_it_is_wanted(db):
    shipment = quiet_for(1)
    assert [stalled.ask([shipment.pk]) for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize("change", [{"provider": "console"}, {"fence": 7}, {"state": "queued"}])
def test_an_answer_about_an_earlier_try_changes_nothing(db, provider, change):
    """“It does not have it” would otherwise make a parcel fit to be sent a second time."""
    shipment = quiet_for(25)
    stalled.find_stalled()
    Inquiry.objects.update(next_attempt_at=timezone.now())
    questions = inquiries.delivery_queue("reference")
    rows = claim(questions, limit=1)
    Shipment.objects.filter(pk=shipment.pk).update(**change)
    attempt(questions, rows)
    shipment.refresh_from_db()
    assert shipment.state == change.get("state", "sent")
    assert last_event(shipment).kind == "queued"


def test_staff_wait_on(db):
    shipment = quiet_for(73)
    stalled.find_stalled()
    act(open_case(shipment), "wait", reason="They are on strike")
    assert cases_of(shipment) == [("shipment-stuck", False)]
    assert stalled.find_stalled() == 0


def test_the_sweeper_watches_and_asks(db, provider):
    quiet_for(25)
    sweeper.sweep()
    Inquiry.objects.update(next_attempt_at=timezone.now())
    sweeper.sweep()
    assert look_ups(provider) == 1


def test_the_index_leads_to_what_is_due_however_many_are_silent(db):
    """Those that have been asked after lie elsewhere in it."""
    quiet_for(30, quiet=1)
    due = quiet_for(30)
    forget_statistics()
    with connection.cursor() as cursor:
        plan = f"EXPLAIN (ANALYZE, FORMAT TEXT) {stalled._FIND}"
        times: dict[str, Any] = stalled._thresholds()
        values = times | {"moving": list(MOVING), "chunk": 10, "ids": []}
        cursor.execute(plan, values)
        told = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using shipment_without_news" in told
    assert "(quiet = v.quiet) AND (news_at < v.since)" in told
    assert stalled.find_stalled() == 1
    due.refresh_from_db()
    assert due.quiet == 1
