"""Answers under idempotency keys may hold health data: they are kept for 24 hours."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from core.database import clock
from core.models import IdempotencyKey
from core.sweeper import sweep


def _answer(key: str, age: timedelta) -> IdempotencyKey:
    then = timezone.now() - age
    facts = {"scope": "s", "key": key, "body_hash": "", "status_code": 201, "answer": {}}
    return IdempotencyKey.objects.create(**facts, created_at=then)


def test_the_sweeper_forgets_answers_after_a_day_and_no_earlier(db):
    kept = _answer("young", timedelta(hours=23))
    _answer("old", timedelta(hours=25))
    assert sweep()["idempotency keys forgotten"] == 1
    assert list(IdempotencyKey.objects.all()) == [kept]


@pytest.mark.parametrize("off", [3, -3])
def test_keys_age_by_the_databases_clock_whatever_the_sweepers_own_says(db, settings, off):
    settings.CLOCK = "database"
    clock.forget()
    _answer("young", timedelta(hours=1))
    _answer("old", timedelta(hours=25))
    with time_machine.travel(timezone.now() + timedelta(days=off)):
        assert sweep()["idempotency keys forgotten"] == 1
        made = IdempotencyKey(scope="s", key="new")
    assert abs(made.created_at - timezone.now()) < timedelta(minutes=1)
    assert IdempotencyKey.objects.get().key == "young"
    clock.forget()
