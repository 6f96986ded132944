"""Registering a kit, whoever asks: dates, ages, states, and many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection

from clinical.laboratories.deciding import attach
from clinical.laboratories.samples import TestTaker
from clinical.models import LabResult, Patient, Sample
from clinical.tests.laboratories.messages import arrived, message
from core.database import clock
from core.workflow import TransitionNotAllowedError
from kits.models import Kit
from kits.registration.services import UnderAgeError, register, years_since
from kits.tests.factories import kit_in, stocked_kit

pytestmark = pytest.mark.django_db
ADA = TestTaker("Ada", "Lovelace", date(1985, 4, 10))


def registered(kit: Kit, taker: TestTaker = ADA, at: datetime | None = None) -> Sample:
    when = at or clock.now()
    return register(kit, taker, sampled_at=when, consent_version="1", by="user:test")


@pytest.mark.parametrize(
    ("birth", "years"),
    [
        (date(2008, 3, 1), 18),
        (date(2008, 3, 2), 17),
        (date(2008, 2, 29), 18),
        (date(1900, 1, 1), 126),
    ],
)
def test_years_are_counted_by_birthdays(birth, years):
    with time_machine.travel("2026-03-01 12:00Z", tick=False):
        assert years_since(birth) == years


def test_who_is_18_today_may_and_who_is_18_tomorrow_may_not():
    with time_machine.travel("2026-06-01 12:00Z", tick=False):
        with pytest.raises(UnderAgeError):
            registered(kit_in("delivered"), TestTaker("A", "B", date(2008, 6, 2)))
        assert registered(kit_in("delivered"), TestTaker("A", "B", date(2008, 6, 1)))


def test_a_time_of_another_zone_is_not_taken_for_the_future():
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        assert registered(kit_in("delivered"), at=now + timedelta(hours=13)).sampled_at == now
        with pytest.raises(ValidationError, match="future"):
            registered(kit_in("delivered"), at=now + timedelta(hours=15))


def test_a_sample_is_taken_after_packing_and_before_the_lot_expires():
    kit = kit_in("delivered")
    with pytest.raises(ValidationError, match="after the kit was sent"):
        registered(kit, at=clock.now() - timedelta(days=1))
    kit.lot.expires_on = (clock.now() - timedelta(days=1)).date()
    kit.lot.save()
    with pytest.raises(ValidationError, match="had expired"):
        registered(kit)
    assert not Sample.objects.exists()


def test_a_kit_that_came_in_unregistered_may_still_be_registered():
    kit = kit_in("rejected", reason="RI")
    registered(kit)
    kit.refresh_from_db()
    assert kit.state == "rejected"


@pytest.mark.parametrize("state", ["accepted", "in-lab"])
def test_a_kit_that_was_accepted_unregistered_is_registered_once_and_gets_its_result(state):
    kit = kit_in(state)
    about_ada = {"serial": kit.serial, "name": "Ada Lovelace", "birth_date": "1985-04-10"}
    arrived(message(sample=about_ada))
    result = LabResult.objects.get()
    assert result.state == "unmatched"
    sample = registered(kit)
    kit.refresh_from_db()
    assert kit.state == state
    with pytest.raises(TransitionNotAllowedError, match="is registered already"):
        registered(kit)
    attach(result, sample, number=1, by="user:test", reason="registered since")
    result.refresh_from_db()
    assert (result.state, result.sample) == ("held", sample)


@pytest.mark.parametrize("state", ["resulted", "lost", "destroyed"])
def test_a_kit_that_has_its_result_or_was_given_up_is_refused(state):
    with pytest.raises(TransitionNotAllowedError):
        registered(kit_in(state))
    with pytest.raises(TransitionNotAllowedError):
        registered(stocked_kit())


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_registers_the_kit(delivered: Any):
    kit = kit_in("delivered")
    barrier = Barrier(8)

    def work(number: int) -> int:
        try:
            barrier.wait(timeout=20)
            registered(
                Kit.objects.get(pk=kit.pk), TestTaker("Ada", f"L{'x' * number}", ADA.birth_date)
            )
        except TransitionNotAllowedError:
            return 0
        else:
            return 1
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1
    assert Sample.objects.count() == Patient.objects.count() == 1
