"""The pages of a case whose record is gone, that was closed meanwhile, or that there never was."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core import cases
from core.cases import CaseDraft
from core.cases.models import Case
from core.database import clock
from identity.tests.factories import browser_of, staff
from shipping.tests.exceptions.test_cases import in_state, open_case

pytestmark = pytest.mark.django_db
URL, API = "/admin/core/case/", "/api/v1/exceptions/"
GONE = 987_654_321


@pytest.fixture
def client() -> Client:
    return browser_of(staff("fulfilment"))


@pytest.fixture
def gone() -> Case:
    """A case about a parcel that there is not (any more)."""
    cases.open([CaseDraft("shipment-rejected", GONE, "co-0", "It was refused.", "422")])
    return Case.objects.get(subject_id=GONE)


def test_a_case_whose_record_is_gone_is_shown_and_can_only_be_closed(client, gone: Case):
    page = client.get(f"{URL}{gone.pk}/change/")
    assert page.status_code == 200
    assert [action.name for action in page.context["offered"]] == ["close"]
    assert page.context["panels"] == []
    assert "It was refused." in page.content.decode()
    assert gone.title in client.get(URL).content.decode()


@pytest.mark.parametrize("name", ["retry", "correct", "send-by", "cancel"])
def test_what_needs_the_record_is_not_possible_and_says_so(client, gone: Case, name: str):
    for ask in (client.get, client.post):
        answer = ask(f"{URL}{gone.pk}/{name}/", follow=True)
        assert "is not possible now: this is how things are." in answer.content.decode()
    assert not gone.events.exclude(kind="opened").exists()


def test_it_is_closed_with_a_reason(client, gone: Case):
    assert client.get(f"{URL}{gone.pk}/close/").status_code == 200
    assert client.post(f"{URL}{gone.pk}/close/", {"reason": ""}).status_code == 422
    assert client.post(f"{URL}{gone.pk}/close/", {"reason": "It is gone"}).status_code == 302
    gone.refresh_from_db()
    assert (gone.closing_reason, gone.closed_at is not None) == ("It is gone", True)


def test_it_is_taken_noted_snoozed_and_handed_over_as_any_other(client, gone: Case):
    for name, sent in (
        ("take", {"seen": ""}),
        ("note", {"reason": "Nobody knows it"}),
        ("give-back", {}),
        ("hand-over", {"to": str(staff("manager").pk)}),
        ("snooze", {"until": "1h"}),
        ("wake", {}),
    ):
        assert client.post(f"{URL}{gone.pk}/{name}/", sent).status_code == 302, name
    done = list(gone.events.order_by("id").values_list("kind", flat=True))
    assert done == [
        "opened",
        "assigned",
        "noted",
        "given-back",
        "handed-over",
        "snoozed",
        "woken",
    ]


def test_together_with_others_it_is_closed_and_the_rest_is_left_out(client, gone: Case):
    other = open_case(in_state("rejected"))
    asked = f"{URL}together/?case={gone.pk}&case={other.pk}"
    plan = client.get(f"{asked}&do=retry").context["plan"]
    assert [each.case for each in plan["done"]] == [other]
    assert [each.why for each in plan["left_out"]] == ["It is not possible now."]
    report = client.post(f"{asked}&do=close", {"reason": "Both are over"}).context["report"]
    assert {each.case for each in report["done"]} == {gone, other}


def test_the_api_says_the_same_of_it(api, gone: Case):
    token: APIClient = api()
    shown = token.get(f"{API}{gone.pk}/").json()
    assert [each["name"] for each in shown["actions"]] == ["close"]
    acted = token.post(f"{API}{gone.pk}/actions/retry/", {}, format="json")
    assert acted.status_code == 409
    closed = token.post(f"{API}{gone.pk}/actions/close/", {"reason": "It is gone"}, format="json")
    assert (closed.status_code, closed.json()["closing_reason"]) == (200, "It is gone")


@pytest.mark.parametrize("key", ["0", "999999999", "x", "9" * 30, "1.5"])
@pytest.mark.parametrize("name", ["take", "note", "retry", "visits"])
def test_a_case_that_there_is_not_is_a_404(client, key: str, name: str):
    assert client.get(f"{URL}{key}/{name}/").status_code == 404
    assert client.post(f"{URL}{key}/{name}/").status_code == 404


@pytest.mark.parametrize("name", ["take", "note", "retry", "close", "visits"])
def test_a_case_of_what_one_does_not_see_is_not_there(gone: Case, name: str):
    answer = browser_of(staff("clinician")).get(f"{URL}{gone.pk}/{name}/")
    assert answer.status_code in (403, 404)
    assert gone.title not in answer.content.decode()


def test_a_closed_case_takes_no_action_and_leads_back_to_its_list(client):
    case = open_case(in_state("rejected"))
    Case.objects.filter(pk=case.pk).update(closed_at=clock.now(), closed_by="system")
    for name in ("retry", "close", "take", "snooze", "hand-over"):
        answer = client.post(f"{URL}{case.pk}/{name}/?_changelist_filters=kind%3Dx")
        assert answer.headers["Location"] == (
            f"{URL}{case.pk}/change/?_changelist_filters=kind%3Dx"
        ), name
    assert not case.events.exclude(kind="opened").exists()


def test_a_reason_that_is_too_long_or_no_text_is_refused_in_words(client):
    case = open_case(in_state("rejected"))
    for reason, text in (
        ("x" * 501, "at most 500"),
        ("They\x07 call back", "control characters"),
        ("ok", "at least"),
    ):
        answer = client.post(f"{URL}{case.pk}/close/", {"reason": reason})
        assert answer.status_code == 422, reason
        assert text in answer.content.decode(), reason
    case.refresh_from_db()
    assert case.closed_at is None
