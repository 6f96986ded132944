"""Who sees to an exception, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from core.cases.models import Case
from identity.tests.factories import staff
from shipping.tests.exceptions.test_cases import in_state, open_case

pytestmark = pytest.mark.django_db
VERBS = {
    "take": {},
    "give-back": {},
    "hand-over": {"to": "fred"},
    "note": {"reason": "They call back."},
    "snooze": {"until": "2026-12-01T08:00:00Z"},
    "wake": {},
}


@pytest.fixture
def case() -> Case:
    return open_case(in_state("rejected"))


def sent(client: Any, case: Case, verb: str, body: Any = None) -> Any:
    path = f"/api/v1/exceptions/{case.pk}/{verb}/"
    return client.post(path, VERBS[verb] if body is None else body, format="json")


def test_it_is_taken_noted_and_given_back_each_step_on_record(api, case):
    client = api()
    taken = sent(client, case, "take").json()
    assert taken["assignee"].startswith("client:")
    assert sent(client, case, "take").json()["assignee"] == taken["assignee"], "again: as it is"
    sent(client, case, "note")
    given = sent(client, case, "give-back", {"reason": "The shift is over."}).json()
    assert given["assignee"] == ""
    steps = [(step["kind"], step["detail"]) for step in given["events"]]
    assert steps[1:] == [
        ("assigned", ""),
        ("noted", "They call back."),
        ("given-back", "The shift is over."),
    ]
    assert {step["actor"] for step in given["events"][1:]} == {taken["assignee"]}


def test_from_somebody_else_it_is_taken_only_by_their_name(api, case):
    Case.objects.filter(pk=case.pk).update(assignee="user:5 sara")
    client = api()
    refused = sent(client, case, "take")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "illegal_move")
    assert "sara has taken it" in refused.json()["errors"][0]["detail"]
    taken = sent(client, case, "take", {"seen": "user:5 sara"}).json()
    assert taken["events"][-1]["detail"] == "from user:5 sara"


def test_it_is_handed_to_those_alone_who_may_act_on_it(api, case):
    fred = staff("fulfilment", username="fred")
    staff("auditor", username="audra")
    client = api()
    for name in ("audra", "nobody", "x" * 150):
        refused = sent(client, case, "hand-over", {"to": name})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["attr"] == "to"
    assert sent(client, case, "hand-over").json()["assignee"] == fred.actor
    assert sent(client, case, "hand-over").status_code == 409


@time_machine.travel("2026-11-30 12:00Z", tick=False)
def test_it_is_put_off_and_comes_back(api, case):
    client = api()
    assert sent(client, case, "wake").status_code == 409
    put_off = sent(client, case, "snooze").json()
    assert put_off["snoozed_until"] == "2026-12-01T08:00:00Z"
    assert put_off["closed_at"] is None
    assert sent(client, case, "wake").json()["snoozed_until"] is None


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", None])
def test_a_moment_out_of_reach_is_a_400(api, case, until):
    refused = sent(api(), case, "snooze", {"until": until})
    assert refused.status_code == 400
    assert case.events.count() == 1


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("note", {}),
        ("note", {"reason": " "}),
        ("note", {"reason": "x" * 501}),
        ("hand-over", {}),
        ("snooze", {}),
        ("take", {"by": "user:5 sara"}),
    ],
)
def test_a_body_that_lacks_something_or_says_more_is_a_400(api, case, verb, body):
    assert sent(api(), case, verb, body).status_code == 400
    assert case.events.count() == 1


@pytest.mark.parametrize("verb", VERBS)
def test_a_closed_case_is_left_alone(api, case, verb):
    staff("fulfilment", username="fred")
    Case.objects.filter(pk=case.pk).update(
        closed_at=timezone.now(),
        assignee="user:5 sara",
        snoozed_until=timezone.now() + timedelta(days=1),
    )
    with time_machine.travel("2026-11-30 12:00Z", tick=False):
        refused = sent(api(), case, verb)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "illegal_move")


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_only_read_the_app_of_a_case_does_nothing_with_it(api, case, verb):
    reader = api("exceptions:read", "exceptions:write", "shipping:read")
    refused = sent(reader, case, verb)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (403, "insufficient_scope")
    outsider = api("exceptions:read", "exceptions:write", "notifications:read")
    assert sent(outsider, case, verb).status_code == 404
    assert sent(api("exceptions:read", "shipping:write"), case, verb).status_code == 403
    assert case.events.count() == 1
