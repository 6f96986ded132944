"""The queue is narrowed by what is asked, or says what it cannot read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import cases
from core.cases.models import Case
from shipping.tests.exceptions.test_cases import in_state, open_case

URL = "/api/v1/exceptions/"


def found(client, **query) -> list[int]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


def refused(client, **query) -> list[str]:
    answer = client.get(URL, query)
    assert answer.status_code == 400, answer.json()
    return sorted({error["attr"] for error in answer.json()["errors"]})


def test_the_cases_of_one_subject_are_found_by_its_id(api):
    parcel = in_state("rejected")
    open_case(in_state("rejected"))
    assert found(api(), subject=parcel.pk) == [open_case(parcel).pk]
    assert found(api(), subject=parcel.pk + 1000) == []


def test_an_age_is_as_old_or_older(api):
    case = open_case(in_state("rejected"))
    Case.objects.filter(pk=case.pk).update(opened_at=timezone.now() - timedelta(hours=2))
    client = api()
    assert found(client, age_hours="0") == found(client, age_hours="2") == [case.pk]
    assert found(client, age_hours="1.5") == [case.pk]
    assert found(client, age_hours="2.1") == found(client, age_hours="100000") == []


@pytest.mark.parametrize("age", ["-1", "100001", "1e400", "NaN", "inf", "two", ""])
def test_an_age_that_is_no_number_of_hours_is_named(api, age):
    assert refused(api(), age_hours=age) == ["age_hours"]


@pytest.mark.parametrize("subject", ["0", "-1", "1.5", "x", "", str(2**63)])
def test_a_subject_that_is_no_key_is_named(api, subject):
    assert refused(api(), subject=subject) == ["subject"]


def test_filters_narrow_together(api):
    rejected, unknown = open_case(in_state("rejected")), open_case(in_state("unknown"))
    client = api()
    assert found(client, kind="shipment-rejected", provider="reference") == [rejected.pk]
    assert found(client, kind="shipment-rejected", subject=unknown.subject_id) == []


def test_a_filter_shows_no_case_that_the_token_may_not_see(api):
    case = open_case(in_state("rejected"))
    outsider = api("exceptions:read", "notifications:read")
    for query in ({"kind": case.kind}, {"subject": case.subject_id}, {"provider": case.source}):
        assert found(outsider, **query) == []


def test_every_kind_that_is_registered_can_be_asked_for(api):
    client = api()
    case = open_case(in_state("rejected"))
    for kind in cases.kinds():
        assert found(client, kind=kind.name) == ([case.pk] if kind.name == case.kind else [])
