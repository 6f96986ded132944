"""What runs out is a case before, or when, its time is over; and is none when it is fine again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from clinical.laboratories import samples
from core.database import clock
from core.models import Case
from core.sweeper import reconcile
from kits import services
from kits.clocks import overdue
from kits.models import Kit, KitLimits
from kits.tests.factories import kit_in, stocked_kit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def open_cases(kind: str) -> list[int]:
    reconcile()
    found = Case.objects.filter(kind=kind, closed_at=None).order_by("subject_id")
    return list(found.values_list("subject_id", flat=True))


def ago(**time: int) -> datetime:
    return clock.now() - timedelta(**time)


def limits(**numbers: Any) -> None:
    KitLimits.objects.create(product=stocked_kit().lot.product, **numbers)


def test_a_lot_that_expires_within_the_days_that_staff_set_is_a_case_with_what_is_left_of_it():
    soon = stocked_kit(lot="soon", expires_on=date(2026, 7, 31)).lot
    stocked_kit(lot="later", expires_on=date(2026, 8, 1))
    assert open_cases("lot-expiring") == [soon.pk]
    assert "1 kit(s) of it are here, 0 with customers" in Case.objects.get().happened
    limits(expiry_warning_days=59)
    assert open_cases("lot-expiring") == []


def test_a_lot_of_which_nothing_is_left_is_no_case():
    kit = stocked_kit(lot="soon", expires_on=date(2026, 6, 2))
    assert open_cases("lot-expiring") == [kit.lot_id]
    services.destroy(kit, by="user:test", reason="it expires")
    assert open_cases("lot-expiring") == []


@pytest.mark.parametrize("state", ["sent", "delivered", "registered"])
def test_a_kit_that_is_out_for_too_long_is_a_case_until_it_comes_back(state):
    kit = kit_in(state, delivered_at=ago(days=30, seconds=1))
    kit_in(state, delivered_at=ago(days=30))
    kit_in("returning", delivered_at=ago(days=99))
    assert open_cases("kit-not-back") == [kit.pk]
    Kit.objects.filter(pk=kit.pk).update(state="returning")
    assert open_cases("kit-not-back") == []


def test_a_kit_whose_carrier_never_said_delivered_is_counted_from_packing():
    kit = kit_in("sent", packed_at=ago(days=31))
    assert open_cases("kit-not-back") == [kit.pk]
    services.report_lost(kit, by="user:test", reason="no news for weeks")
    assert not Case.objects.filter(closed_at=None).exists()


def test_staff_set_the_days_for_one_type_and_the_others_have_the_defaults():
    limits(return_within_days=40, remind_after_days=20)
    own = kit_in("delivered", delivered_at=ago(days=41))
    kit_in("delivered", delivered_at=ago(days=35))
    other = kit_in("delivered", delivered_at=ago(days=35))
    Kit.objects.filter(pk=other.pk).update(lot=stocked_kit("genealogy").lot)
    assert open_cases("kit-not-back") == [own.pk, other.pk]


def test_a_sample_is_a_case_a_day_before_it_is_too_old_while_it_is_not_here():
    limits(stability_hours=72)
    kits = [kit_in("registered") for _ in range(3)]
    hours = (49, 47, 100)
    for kit, since in zip(kits, hours, strict=True):
        taker = samples.TestTaker("Ada", f"Lovelace{kit.pk}", date(1985, 4, 10))
        told = {"kit_type": "ancestry", "consent_version": "1", "by": "user:test"}
        samples.register(kit.serial, taker, sampled_at=ago(hours=since), **told)
    Kit.objects.filter(pk=kits[2].pk).update(state="accepted")
    assert open_cases("kit-sample-aging") == [kits[0].pk]
    KitLimits.objects.update(stability_hours=None)
    assert open_cases("kit-sample-aging") == []


@pytest.mark.parametrize("state", ["received", "accepted", "in-lab"])
def test_a_kit_without_a_result_is_a_case_when_the_laboratorys_days_are_over(state):
    kit = kit_in(state, received_at=ago(days=14, seconds=1))
    kit_in(state, received_at=ago(days=14))
    kit_in("resulted", received_at=ago(days=99))
    assert open_cases("kit-lab-late") == [kit.pk]
    Kit.objects.filter(pk=kit.pk).update(state="resulted")
    assert open_cases("kit-lab-late") == []


def test_no_lot_of_a_month_expires_unseen():
    days = [date(2026, 6, 1) + timedelta(n) for n in range(40)]
    limits(expiry_warning_days=5)
    lots = {stocked_kit(lot=f"L{n}", expires_on=day).lot for n, day in enumerate(days)}
    seen: dict[int, date] = {}
    for day in range(30):
        with time_machine.travel(NOW + timedelta(day), tick=False):
            for key in open_cases("lot-expiring"):
                seen.setdefault(key, clock.now().date())
    last = (NOW + timedelta(29)).date()
    for lot in lots:
        due = max(NOW.date(), lot.expires_on - timedelta(5))
        assert seen.get(lot.pk) == (due if due <= last else None)


def test_asking_what_is_late_costs_as_much_with_many_kits(django_assert_num_queries):
    for count in (1, 5):
        for _ in range(count):
            kit_in("delivered", delivered_at=ago(days=40))
        late = list(overdue.not_back().select_related("lot__product"))
        with django_assert_num_queries(0):
            assert len(overdue.describe_not_back(late)) == len(late)
        with django_assert_num_queries(2):
            list(overdue.not_back())
