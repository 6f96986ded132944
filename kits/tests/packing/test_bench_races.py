"""Eight stations at once, under random scans: never one kit for two, nor two for one place."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kits.models import Kit, KitEvent
from kits.packing.bench import Bench, scan
from kits.places import places_of
from kits.tests.factories import a_label, order_of_kits, stocked_kit
from shipping.models import Shipment

STATIONS = 8


def check() -> None:
    """Nobody has a kit of somebody else, or one too many, and each was packed once."""
    packed = Kit.objects.exclude(shipment=None)
    places = Counter(packed.values_list("first_shipment", "piece"))
    labels = Counter(packed.values_list("return_tracking", flat=True))
    assert not [place for place, kits in places.items() if kits > 1]
    assert not [label for label, kits in labels.items() if kits > 1]
    for kit in packed.select_related("shipment", "lot__product"):
        assert kit.shipment
        assert kit.piece
        assert places_of(kit.shipment)[kit.piece - 1].kit_type == kit.kit_type
    kept = Counter(KitEvent.objects.filter(kind="packed").values_list("kit", flat=True))
    assert all(times == 1 for times in kept.values())


def things() -> list[str]:
    """What lies about in the room: orders, kits and labels, fewer than would do for everybody."""
    orders = [order_of_kits(pieces=pieces) for pieces in (1, 1, 2)]
    kits = [stocked_kit() for _ in range(3)] + [stocked_kit("genealogy")]
    Shipment.objects.filter(order=orders[0]).update(tracking_number="OUT12345678")
    numbers = [str(order.number) for order in orders]
    return [*numbers, *(kit.serial for kit in kits), a_label(), a_label(), a_label(), "OUT12345678"]


class Room(RuleBasedStateMachine):
    """Eight stations that take turns, each with what it has scanned so far; each example is
    undone."""

    def __init__(self) -> None:
        super().__init__()
        self.room = transaction.atomic()
        self.room.__enter__()
        self.benches = [Bench()] * STATIONS
        self.things = things()

    @rule(station=st.integers(0, STATIONS - 1), thing=st.integers(0, 10), noise=st.booleans())
    def scans(self, station: int, thing: int, noise: bool) -> None:
        text = self.things[thing]
        feedback = scan(
            self.benches[station], f" {text.lower()} " if noise else text, by=f"user:{station}"
        )
        assert feedback.level in ("next", "done", "stop")
        assert feedback.text
        self.benches[station] = feedback.bench

    @rule(station=st.integers(0, STATIONS - 1))
    def begins_anew(self, station: int) -> None:
        self.benches[station] = scan(self.benches[station], "NEW", by="user:x").bench

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.room.__exit__(None, None, None)

    @invariant()
    def nobody_has_what_is_anothers(self) -> None:
        check()


@pytest.mark.django_db
def test_stations_that_take_turns_never_give_one_kit_to_two() -> None:
    limits = settings(
        max_examples=15,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Room, settings=limits)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(3))
def test_eight_stations_at_once_never_give_one_kit_to_two(delivered: Any, seed: int) -> None:
    around = things()
    barrier = Barrier(STATIONS)

    def work(station: int) -> Counter[str]:
        dice, bench = random.Random(f"{seed} {station}"), Bench()
        levels: Counter[str] = Counter()
        try:
            barrier.wait(timeout=20)
            for _ in range(40):
                feedback = scan(bench, dice.choice(around), by=f"user:{station}")
                bench = Bench() if dice.random() < 0.1 else feedback.bench
                levels[feedback.level] += 1
        finally:
            connection.close()
        return levels

    with ThreadPoolExecutor(STATIONS) as pool:
        levels = sum(pool.map(work, range(STATIONS)), Counter())
    check()
    assert levels["done"] >= Kit.objects.exclude(shipment=None).count() > 0


@pytest.mark.django_db(transaction=True)
def test_eight_stations_with_the_same_scans_pack_once(delivered: Any) -> None:
    order, kit, label = order_of_kits(), stocked_kit(), a_label()
    bench = Bench(order=str(order.number), kit=kit.serial)
    barrier = Barrier(STATIONS)

    def work(station: int) -> str:
        try:
            barrier.wait(timeout=20)
            return scan(bench, label, by=f"user:{station}").level
        finally:
            connection.close()

    with ThreadPoolExecutor(STATIONS) as pool:
        levels = list(pool.map(work, range(STATIONS)))
    assert "done" in levels
    check()
    assert Kit.objects.exclude(shipment=None).count() == 1
