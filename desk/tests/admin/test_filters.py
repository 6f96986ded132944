"""The filters of the exceptions queue: the open ones first, and only kinds of one's own work."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from core.cases.models import Case
from identity.tests.factories import browser_of, staff
from shipping.tests.exceptions.test_cases import in_state, open_case

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def shown(client: Client, **query: str) -> set[str]:
    found = client.get("/admin/core/case/", query).context["cl"].result_list
    return {case.title for case in found}


def choices(client: Client, title: str) -> dict[str, bool]:
    """What a filter offers, and whether it is chosen."""
    changelist = client.get("/admin/core/case/").context["cl"]
    specs = [spec for spec in changelist.filter_specs if spec.title == title]
    offered = [each for spec in specs for each in spec.choices(changelist)]
    return {str(each["display"]): each["selected"] for each in offered}


def opened_ago(case: Case, **ago: Any) -> str:
    Case.objects.filter(pk=case.pk).update(opened_at=timezone.now() - timedelta(**ago))
    return case.title


@pytest.fixture
def client() -> Client:
    return browser_of(staff("fulfilment"))


def test_nothing_chosen_means_the_open_ones(client):
    waiting, done = open_case(in_state("rejected")), open_case(in_state("unknown"))
    Case.objects.filter(pk=done.pk).update(closed_at=timezone.now())
    assert shown(client) == shown(client, status="open") == {waiting.title}
    assert shown(client, status="closed") == {done.title}
    assert shown(client, status="all") == {waiting.title, done.title}
    assert choices(client, "status") == {
        "open": True,
        "snoozed": False,
        "closed": False,
        "all": False,
    }


def test_an_age_is_counted_in_hours_from_the_opening(client):
    minutes = opened_ago(open_case(in_state("rejected")), minutes=50)
    hours = opened_ago(open_case(in_state("rejected")), hours=23)
    days = opened_ago(open_case(in_state("rejected")), hours=73)
    assert shown(client) == {minutes, hours, days}
    assert shown(client, age="1") == {hours, days}
    assert shown(client, age="24") == shown(client, age="72") == {days}


def test_an_age_that_is_not_offered_is_refused_and_shows_nothing(client):
    case = open_case(in_state("rejected"))
    for age in ("2", "-1", "1e9", "x"):
        answer = client.get("/admin/core/case/", {"age": age})
        assert answer.status_code == 400, age
        assert case.title not in answer.content.decode()


def test_the_providers_offered_are_those_of_what_is_open(client):
    open_case(in_state("rejected"))
    done = open_case(in_state("rejected", provider="northpost"))
    Case.objects.filter(pk=done.pk).update(closed_at=timezone.now())
    assert list(choices(client, "provider")) == ["All", "reference"]
    assert shown(client, source="northpost", status="all") == {done.title}


def test_who_sees_messages_only_is_offered_no_kind_and_no_provider_of_parcels():
    parcel = open_case(in_state("rejected"))
    clerk = staff()
    for name in ("view_case", "view_notification"):
        clerk.user_permissions.add(Permission.objects.get(codename=name))
    client = Client()
    client.force_login(clerk, BACKEND)
    kinds = choices(client, "kind")
    assert "Rejected" not in kinds
    assert any("essage" in name for name in kinds)
    assert choices(client, "provider") == {}
    assert shown(client, status="all", source=parcel.source) == set()


def test_a_kind_that_one_may_not_see_is_refused_like_one_that_there_is_not():
    case = open_case(in_state("rejected"))
    clerk = staff()
    for name in ("view_case", "view_notification"):
        clerk.user_permissions.add(Permission.objects.get(codename=name))
    client = Client()
    client.force_login(clerk, BACKEND)
    hidden, unknown = (
        client.get("/admin/core/case/", {"kind": kind}) for kind in (case.kind, "no-such-kind")
    )
    assert hidden.status_code == unknown.status_code == 400
    assert case.title not in hidden.content.decode()
