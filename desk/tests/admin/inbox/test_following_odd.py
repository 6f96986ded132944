"""The next case, whatever the address says of the list that somebody came from."""

from urllib.parse import quote

import pytest
from django.test import Client

from core.cases.models import Case
from identity.models import User
from identity.tests.factories import staff
from shipping.tests.exceptions.test_cases import in_state, open_case

pytestmark = pytest.mark.django_db
URL = "/admin/core/case/"


@pytest.fixture
def fred() -> User:
    return staff("fulfilment", username="fred")


@pytest.fixture
def client(fred: User) -> Client:
    client = Client()
    client.force_login(fred, "django.contrib.auth.backends.ModelBackend")
    return client


def closed(client: Client, case: Case, kept: str) -> str:
    """Where closing it leads."""
    query = f"?_changelist_filters={quote(kept)}"
    answer = client.post(f"{URL}{case.pk}/close/{query}", {"reason": "Nothing to do"})
    case.refresh_from_db()
    assert (answer.status_code, case.closed_at is not None) == (302, True)
    return str(answer.headers["Location"])


@pytest.mark.parametrize(
    "kept",
    ["kind=%00", "source=%00", "kind=" + "x" * 900, "kind=nothing", "a\nb=1", "kind=%C3%28"],
    ids=["nul", "nul-source", "long", "unknown", "line-break", "no-utf-8"],
)
def test_a_list_that_makes_no_sense_leads_to_the_queue_and_breaks_nothing(client, kept: str):
    case, other = (open_case(in_state("rejected")) for _ in range(2))
    where = closed(client, case, kept)
    assert where.startswith((f"{URL}?", f"{URL}{other.pk}/change/"))
    assert "\n" not in where


def test_of_the_list_of_one_provider_the_next_of_that_provider_comes(client):
    first, other, third = (open_case(in_state("rejected")) for _ in range(3))
    Case.objects.filter(pk=other.pk).update(source="console")
    assert f"{URL}{third.pk}/" in closed(client, first, "source=reference")
    assert closed(client, third, "source=reference") == f"{URL}?source=reference"


def test_those_opened_at_one_moment_come_in_the_order_of_their_numbers(client):
    cases = [open_case(in_state("rejected")) for _ in range(3)]
    Case.objects.update(opened_at=cases[0].opened_at)
    assert f"{URL}{cases[2].pk}/" in closed(client, cases[1], "")
    assert f"{URL}{cases[0].pk}/" in closed(client, cases[2], "")


def test_a_kind_that_one_may_not_act_on_does_not_come_next(client):
    mine, other = open_case(in_state("rejected")), open_case(in_state("rejected"))
    Case.objects.filter(pk=other.pk).update(kind="message-failed")
    assert closed(client, mine, "") in (URL, f"{URL}?")


@pytest.mark.parametrize(
    "query", ["kind=%00", "source=%00", "source=" + "x" * 900, "by=%00", "age=1e9", "status=x"]
)
def test_the_queue_itself_refuses_or_reads_any_filter(client, query: str):
    open_case(in_state("rejected"))
    assert client.get(f"{URL}?{query}").status_code in (200, 400)


@pytest.mark.parametrize("seen", ["%00", "x" * 900, "-1", "9" * 40])
def test_a_page_that_was_seen_at_no_step_is_old_and_says_so(client, seen: str):
    case = open_case(in_state("rejected"))
    answer = client.get(f"{URL}{case.pk}/visits/?seen={seen}")
    assert (answer.status_code, answer.context["is_old"]) == (200, True)


@pytest.mark.parametrize("seen", ["user:9 \x00", "x" * 900, "user:9 olga"])
def test_a_case_is_not_taken_from_somebody_who_was_not_seen(client, seen: str):
    case = open_case(in_state("rejected"))
    Case.objects.filter(pk=case.pk).update(assignee="user:8 anna")
    assert client.post(f"{URL}{case.pk}/take/", {"seen": seen}).status_code == 422
    case.refresh_from_db()
    assert case.assignee == "user:8 anna"


def test_many_cases_at_once_are_so_many_and_no_more(client):
    rows = [open_case(in_state("rejected")) for _ in range(2)]
    keys = "&".join(f"case={key}" for key in [*range(10**6, 10**6 + 100), rows[0].pk])
    assert list(client.get(f"{URL}together/?{keys}").context["rows"]) == []
    twice = f"{URL}together/?case={rows[0].pk}&case={rows[0].pk}&case=%00&case={'9' * 40}&do=take"
    report = client.post(twice).context["report"]
    assert [each.case for each in report["done"]] == [rows[0]]
