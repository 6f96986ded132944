"""After one case comes the next that waits for the same person, of the list they came from."""

from urllib.parse import quote

import pytest
from django.test import Client

from core.cases import handling
from core.cases.models import Case
from identity.tests.factories import staff
from shipping.tests.exceptions.test_cases import in_state, open_case

URL = "/admin/core/case/"


@pytest.fixture
def fred(db):
    return staff("fulfilment", username="fred")


@pytest.fixture
def client(fred) -> Client:
    client = Client()
    client.force_login(fred, backend="django.contrib.auth.backends.ModelBackend")
    return client


def close(client: Client, case: Case, query: str = "") -> str:
    sent = {"reason": "Nothing to do"}
    answer = client.post(f"{URL}{case.pk}/close/{query}", sent)
    case.refresh_from_db()
    assert case.closed_at
    return answer.headers["Location"]


def test_after_one_is_closed_the_next_older_one_is_shown(client):
    first, second, third = (open_case(in_state("rejected")) for _ in range(3))
    assert close(client, second) == f"{URL}{third.pk}/change/"
    assert close(client, third) == f"{URL}{first.pk}/change/"
    assert close(client, first) == URL


def test_what_others_have_and_what_is_snoozed_is_passed_over(client, fred):
    first, taken, snoozed, mine = (open_case(in_state("rejected")) for _ in range(4))
    handling.take(taken, by="user:9 olga")
    handling.take(mine, by=fred.actor)
    assert client.post(f"{URL}{snoozed.pk}/snooze/", {"until": "1h"}).headers["Location"] == (
        f"{URL}{mine.pk}/change/"
    )
    assert close(client, first) == f"{URL}{mine.pk}/change/"


def test_the_list_that_somebody_came_from_is_kept(client):
    one = open_case(in_state("rejected"))
    open_case(in_state("unknown"))
    third = open_case(in_state("rejected"))
    kept = f"?_changelist_filters={quote('kind=shipment-rejected')}"
    assert kept in client.get(f"{URL}{one.pk}/change/{kept}").content.decode()
    assert close(client, one, kept) == f"{URL}{third.pk}/change/{kept}"
    assert close(client, third, kept) == f"{URL}?kind=shipment-rejected"


def test_what_leaves_the_case_open_stays_with_it(client):
    case = open_case(in_state("unknown"))
    open_case(in_state("rejected"))
    answer = client.post(f"{URL}{case.pk}/ask/")
    assert answer.headers["Location"] == f"{URL}{case.pk}/change/"
