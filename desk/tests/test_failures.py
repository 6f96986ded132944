"""Work of ours that fails is in the queue: seen by who sees parcels, and never closed by hand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import failures
from core.cases.models import Case
from core.models import Failure
from core.sweeper import reconcile
from identity.tests.factories import browser_of, staff

pytestmark = pytest.mark.django_db
WORK = "apply the events of shipment"


@pytest.fixture
def case() -> Case:
    def fails() -> int:
        raise ValueError("Jane Doe, 1 New Street")

    failures.attempt(WORK, 7, fails)
    return Case.objects.get()


def rests() -> bool:
    return Failure.objects.get().next_attempt_at > timezone.now()


def test_it_says_what_is_left_out_and_no_word_of_the_row(case):
    page = (
        browser_of(staff("fulfilment")).get(f"/admin/core/case/{case.pk}/change/").content.decode()
    )
    assert f"{WORK} 7" in page
    assert "ValueError at test_failures.py" in page
    assert "Jane" not in page
    assert "New Street" not in page


def test_it_is_tried_now_when_somebody_says_so(case):
    assert rests()
    browser_of(staff("fulfilment")).post(f"/admin/core/case/{case.pk}/try-now/", {"reason": ""})
    assert not rests()
    case.refresh_from_db()
    assert case.closed_at is None, "it closes when the work is done"
    assert case.events.get(kind="try-now").actor.startswith("user:")


def test_others_go_on_resting(case):
    failures.note(WORK, 8, ValueError())
    browser_of(staff("fulfilment")).post(f"/admin/core/case/{case.pk}/try-now/", {"reason": ""})
    assert failures.resting(WORK, Failure.objects.all(), key="row") == [8]


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_may_only_look_tries_nothing(case, role):
    client = browser_of(staff(role))
    assert client.get(f"/admin/core/case/{case.pk}/change/").status_code == 200
    assert client.post(f"/admin/core/case/{case.pk}/try-now/", {}).status_code == 403
    assert rests()


def test_a_clinician_does_not_see_it(case):
    answer = browser_of(staff("clinician")).get(f"/admin/core/case/{case.pk}/change/")
    assert answer.status_code in (302, 403)


def test_it_cannot_be_closed_by_hand(case, api):
    [action] = api().get(f"/api/v1/exceptions/{case.pk}/").json()["actions"]
    assert action["name"] == "try-now"
    client = api()
    for name in ("close", "dismiss"):
        url = f"/api/v1/exceptions/{case.pk}/actions/{name}/"
        body = {"reason": "It is nothing"}
        assert client.post(url, body, format="json").status_code == 404
    case.refresh_from_db()
    assert case.closed_at is None


def test_a_token_tries_it_only_with_the_scope_of_parcels(case, api):
    url = f"/api/v1/exceptions/{case.pk}/actions/try-now/"
    reader = api("exceptions:read", "exceptions:write", "shipping:read")
    assert reader.post(url, {}, format="json").status_code == 403
    assert rests()
    writer = api("exceptions:read", "exceptions:write", "shipping:read", "shipping:write")
    assert writer.post(url, {}, format="json").status_code == 200
    assert not rests()


def test_the_case_closes_and_is_offered_nothing_more_when_the_work_is_done(case, api):
    failures.forget(WORK, [7])
    shown = api().get(f"/api/v1/exceptions/{case.pk}/").json()
    assert (shown["closed_by"], shown["actions"]) == ("system", [])


def test_what_failed_and_has_no_case_gets_one_from_the_sweeper(case):
    Case.objects.all().delete()
    assert reconcile()["cases opened that nobody had"] == 1
    Failure.objects.update(next_attempt_at=timezone.now() - timedelta(hours=2))
    Failure.objects.all().delete()
    assert reconcile()["cases closed that are fine again"] == 1
