"""State as a fold over events: replays, disorder and duplicates give one result (C2)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orders.models import Order
from orders.services import cancel_order
from orders.tests.factories import placed_order
from shipping import sweeper
from shipping.models import Shipment, TrackingEvent
from shipping.provider_api.base import TrackedEvent
from shipping.states import RANKS, SHIPMENT
from shipping.tests.factories import last_event, monthly_schedule, queued_shipment, tracked
from shipping.tracking import events as tracking_events

START = datetime(2026, 3, 1, tzinfo=UTC)
# Few names and few minutes, so that ties and repetitions are common.
STORIES = st.lists(
    st.builds(
        lambda name, minute: (name, START + timedelta(minutes=minute)),
        st.sampled_from(list(RANKS)),
        st.integers(0, 5),
    ),
    max_size=7,
)


def told(reference: str, story: list[tuple[str, datetime]]) -> list[TrackedEvent]:
    return [
        TrackedEvent(f"{reference} {name} {when}", reference, name, when, {})
        for name, when in story
    ]


def report(shipment: Shipment, *events: tuple[str, str]) -> Shipment:
    """It, after its provider has said so."""
    for name, when in events:
        tracking_events.store("reference", [tracked(shipment.reference, name, when)])
        tracking_events.apply(shipment.pk)
    shipment.refresh_from_db()
    return shipment


def changes_of(shipment: Shipment) -> list[str]:
    return [event.to_state for event in shipment.events.all()][1:]


@dataclass(frozen=True)
class Kept:
    """An event with the moment of its arrival."""

    event_name: str
    event_time: datetime
    received_at: datetime


# A carrier's clock may be an hour or two ahead of ours, or behind it.
KEPT = st.builds(
    lambda name, minute, offset: Kept(
        name, START + timedelta(minutes=minute + offset), START + timedelta(minutes=minute)
    ),
    st.sampled_from(list(RANKS)),
    st.integers(0, 5),
    st.sampled_from([0, 0, 0, 60, 90, -60]),
)


@given(st.lists(KEPT, max_size=7), st.randoms())
def test_C2_the_order_in_which_they_are_applied_and_repetitions_do_not_matter(events, dice):
    mixed = events + dice.choices(events, k=3) if events else []
    dice.shuffle(mixed)
    assert tracking_events.fold(mixed) == tracking_events.fold(events)


@given(st.lists(KEPT, min_size=1, max_size=7))
def test_F6_nothing_counts_as_later_than_we_heard_of_it(events):
    """So a clock that is ahead outlasts nothing that was said after it."""
    last = Kept("in-transit", START + timedelta(minutes=9), START + timedelta(minutes=9))
    delivered = any(event.event_name == "delivered" for event in events)
    assert tracking_events.fold([*events, last]) == ("delivered" if delivered else "in-transit")


@given(STORIES)
def test_C2_a_delivery_is_final_and_otherwise_the_newest_event_counts(story):
    state = tracking_events.fold(
        Kept(name, when, START + timedelta(days=1)) for name, when in story
    )
    names = [name for name, _ in story]
    if "delivered" in names or not names:
        assert state == ("delivered" if names else None)
    else:
        last = max(when for _, when in story)
        assert state == max((n for n, when in story if when == last), key=RANKS.__getitem__)


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=STORIES, dice=st.randoms(use_true_random=False))
def test_C2_any_permutation_in_any_portions_ends_in_the_same_place(db, story, dice):
    """Through the database: the state, the order's state, and an unbroken history."""
    ends = set()
    for mixed in (False, True, True):
        with transaction.atomic():
            shipment = queued_shipment()
            _arrive(shipment, story, dice if mixed else None)
            shipment.refresh_from_db()
            _check_history(shipment)
            order = Order.objects.get(pk=shipment.order_id)
            ends.add((shipment.state, order.state))
    assert len(ends) == 1


def _arrive(shipment: Shipment, story: list[Any], dice: Any) -> None:
    events = told(shipment.reference, story)
    if dice and events:
        events += dice.choices(events, k=2)
        dice.shuffle(events)
    for event in events:
        tracking_events.store("reference", [event])
        if dice is None or dice.random() < 0.5:
            tracking_events.apply(shipment.pk)
    tracking_events.apply(shipment.pk)


def _check_history(shipment: Shipment) -> None:
    """Each change begins where the last one ended, is allowed, and the last one is the state."""
    steps = [(event.from_state, event.to_state) for event in shipment.events.all()]
    assert steps[0] == ("", "queued")
    assert all(before[1] == after[0] for before, after in pairwise(steps))
    assert all(to in SHIPMENT.transitions[start] for start, to in steps[1:])
    assert steps[-1][1] == shipment.state
    assert not shipment.tracking_events.filter(applied_at=None).exists()


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_C2_in_every_order_it_is_delivered_in_the_end(db, order):
    road = [
        ("waiting-for-collection", "2026-03-01 08:00:00"),
        ("in-transit", "2026-03-01 09:00:00"),
        ("failed-to-deliver", "2026-03-01 10:00:00"),
        ("delivered", "2026-03-01 11:00:00"),
    ]
    shipment = report(queued_shipment(), *(road[n] for n in order), *(road[n] for n in order))
    assert shipment.state == "delivered"
    assert Order.objects.get().state == "delivered"
    assert changes_of(shipment)[-1] == "delivered"


def test_C2_each_status_is_told_in_the_order_in_which_it_happened(db):
    """However late a worker is: all of them at once."""
    shipment = queued_shipment()
    for name in reversed(RANKS):
        when = f"2026-03-01 0{RANKS[name]}:00:00"
        tracking_events.store("reference", [tracked(shipment.reference, name, when)])
    assert tracking_events.apply(shipment.pk) == 4
    assert changes_of(shipment) == list(RANKS)
    [actor] = set(shipment.events.exclude(kind="queued").values_list("actor", flat=True))
    assert actor == "provider:reference"


def test_C2_an_event_after_the_delivery_changes_nothing(db):
    shipment = report(
        queued_shipment(),
        ("delivered", "2026-03-01 11:00:00"),
        ("in-transit", "2026-03-01 12:00:00"),
    )
    assert shipment.state == "delivered"
    assert changes_of(shipment) == ["delivered"]
    assert shipment.tracking_events.filter(applied_at=None).count() == 0


def test_C2_a_carrier_tries_again_after_a_failure(db):
    shipment = report(
        queued_shipment(),
        ("failed-to-deliver", "2026-03-01 11:00:00"),
        ("in-transit", "2026-03-02 08:00:00"),
        ("delivered", "2026-03-02 09:00:00"),
    )
    assert changes_of(shipment) == ["failed-to-deliver", "in-transit", "delivered"]


@pytest.mark.parametrize("state", sorted(set(SHIPMENT.transitions) - {"delivered"}))
def test_what_the_provider_reports_is_true_whatever_we_thought(db, state):
    shipment = queued_shipment(state=state)
    assert report(shipment, ("delivered", "2026-03-01 11:00:00")).state == "delivered"


def test_a_parcel_on_its_way_is_not_sent_again(db):
    """It was queued in doubt, and the webhook says that the provider has it."""
    shipment = queued_shipment(doubtful=True)
    assert report(shipment, ("in-transit", "2026-03-01 11:00:00")).state == "in-transit"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("waiting-for-collection", "placed"),
        ("in-transit", "shipped"),
        ("failed-to-deliver", "shipped"),
        ("delivered", "delivered"),
    ],
)
def test_a_one_off_order_follows_its_parcel(db, name, state):
    shipment = report(queued_shipment(), (name, "2026-03-01 11:00:00"))
    assert Order.objects.get().state == state
    assert last_event(shipment.order).actor in ("provider:reference", "user:test")


def test_a_recurring_order_stays_active(db):
    shipment = report(monthly_schedule().shipments.get(), ("delivered", "2026-03-01 11:00:00"))
    assert shipment.state == "delivered"
    assert Order.objects.get().state == "active"


def test_a_cancelled_order_stays_cancelled_though_its_parcel_moves(db):
    shipment = queued_shipment()
    cancel_order(shipment.order, by="user:nurse")
    assert report(shipment, ("in-transit", "2026-03-01 11:00:00")).state == "in-transit"
    assert Order.objects.get().state == "cancelled"


def test_C2_an_event_that_comes_before_its_shipment_is_applied_when_it_appears(db):
    number = f"co-{placed_order().pk + 1}"
    tracking_events.store("reference", [tracked(number, "in-transit")])
    assert TrackingEvent.objects.get().shipment is None
    shipment = queued_shipment(placed_order())
    assert shipment.reference == number
    assert shipment.tracking_events.count() == 1
    assert sweeper.sweep()["tracking events applied"] == 1
    shipment.refresh_from_db()
    assert shipment.state == "in-transit"


def test_a_parked_event_that_just_missed_its_shipment_is_found_by_the_sweeper(db):
    shipment = queued_shipment()
    tracking_events.store("reference", [tracked(shipment.reference, "in-transit")])
    TrackingEvent.objects.update(shipment=None)
    sweeper.sweep()
    shipment.refresh_from_db()
    assert shipment.state == "in-transit"


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=st.lists(KEPT, max_size=6), dice=st.randoms(use_true_random=False))
def test_F6_what_arrived_when_decides_in_whatever_order_workers_apply_it(db, story, dice):
    """Each event with the moment at which it came, applied in any order and portions, and again."""
    ends = set()
    for _ in range(3):
        with transaction.atomic():
            shipment = queued_shipment()
            _apply_mixed(shipment, story, dice)
            shipment.refresh_from_db()
            _check_history(shipment)
            ends.add((shipment.state, Order.objects.get(pk=shipment.order_id).state))
    assert len(ends) == 1


def _apply_mixed(shipment: Shipment, story: list[Kept], dice: Any) -> None:
    rows = [
        TrackingEvent(
            provider="reference",
            event_id=f"{number}",
            order_id=shipment.reference,
            event_name=event.event_name,
            event_time=event.event_time,
            received_at=event.received_at,
            raw={},
            shipment=shipment,
        )
        for number, event in enumerate(story)
    ]
    dice.shuffle(rows)
    for row in rows:
        TrackingEvent.objects.bulk_create([row], ignore_conflicts=True)
        if dice.random() < 0.5:
            tracking_events.apply(shipment.pk)
    tracking_events.apply(shipment.pk)
    tracking_events.apply(shipment.pk)


def test_H10_a_clock_that_is_ahead_does_not_outlast_what_is_said_later(db):
    now = datetime.now(UTC)

    def at(minutes: int) -> str:
        return f"{now + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"

    shipment = report(
        queued_shipment(),
        ("in-transit", at(-1)),
        ("waiting-for-collection", at(60)),
        ("in-transit", at(1)),
    )
    assert shipment.state == "in-transit"
    shipment = report(shipment, ("failed-to-deliver", at(50)), ("in-transit", at(2)))
    assert shipment.state == "in-transit"


def test_F6_events_of_one_body_keep_its_order_where_their_clocks_are_ahead(db):
    shipment, now = queued_shipment(), datetime.now(UTC)
    story = [("failed-to-deliver", 50), ("in-transit", 2)]
    moments = [(name, f"{now + timedelta(minutes=m):%Y-%m-%d %H:%M:%S}") for name, m in story]
    tracking_events.store("reference", [tracked(shipment.reference, *each) for each in moments])
    tracking_events.apply(shipment.pk)
    shipment.refresh_from_db()
    assert shipment.state == "in-transit"
