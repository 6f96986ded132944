"""Each story is what it is called."""

import json
from datetime import datetime

from sandbox.laboratories.stories import LATE, STORIES

ANA = {"serial": "K1", "name": "Ana Ruiz", "birth_date": "1990-05-17"}


def bodies(story):
    return [json.loads(step.body) for step in STORIES[story](ANA)]


def test_what_is_late_is_late():
    assert [step.pauses for step in STORIES["late"](ANA)] == [LATE]


def test_somebody_else_is_named_first():
    first, second = bodies("mixed-up")
    assert first["sample"]["name"] != "Ana Ruiz"
    assert second["sample"] == ANA


def test_a_critical_value_is_found_at_night():
    [body] = bodies("critical")
    assert body["findings"][0]["flag"] == "critical"
    assert datetime.fromisoformat(body["issued_at"]).hour == 3


def test_what_is_broken_ends_well():
    steps = STORIES["broken"](ANA)
    assert steps[0].body.startswith(b"<html>")
    assert json.loads(steps[-1].body)["sample"] == ANA


def test_what_is_cancelled_finds_nothing():
    assert bodies("cancelled")[-1]["findings"] == []


def test_disorder_ends_with_the_first():
    assert [body["version"] for body in bodies("disordered")] == [2, 1]
