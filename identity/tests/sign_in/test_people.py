"""Many at the same moment, on the real database: one person, no doubles, no crash."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from identity.models import LinkedAccount, ServiceClient, User
from identity.sign_in.people import person_of
from identity.tests.factories import ServiceClientFactory
from identity.tests.sign_in.test_id_token import CLAIMS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("identity.tests.probe")]
MANY = 12


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What so many threads got, all begun together; an exception counts as an answer."""
    start = threading.Barrier(MANY)
    answers: list[Any] = [None] * MANY

    def run(number: int) -> None:
        start.wait()
        try:
            answers[number] = work(number)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_first_sign_ins_of_one_person_make_one_person(issuer):
    claims = {**CLAIMS, "iss": issuer.url}
    people = at_once(lambda _: person_of(claims))
    assert {person.pk for person in people} == {User.objects.get().pk}
    assert LinkedAccount.objects.count() == 1
    assert [group.name for group in User.objects.get().groups.all()] == ["support"]


def test_first_sign_ins_of_people_of_one_name_make_them_all(issuer):
    claims = {**CLAIMS, "iss": issuer.url, "preferred_username": "sara"}
    people = at_once(lambda number: person_of({**claims, "sub": f"sub-{number}"}))
    assert len({person.username for person in people}) == MANY
    assert LinkedAccount.objects.count() == User.objects.count() == MANY


def test_first_tokens_make_nobody(issuer, ask):
    token = issuer.sign(sub="stranger", client_id="some-app", scope="orders:read")
    assert {answer.status_code for answer in at_once(lambda _: ask(token))} == {401}
    assert not User.objects.exists()
    assert ServiceClient.objects.count() == 1


def test_first_tokens_of_a_client_all_get_in_with_one_fetch(issuer, ask):
    ServiceClientFactory(issuer=issuer.url)
    token = issuer.sign(scope="orders:read")
    assert {answer.status_code for answer in at_once(lambda _: ask(token))} == {200}
    assert issuer.fetches == 1
