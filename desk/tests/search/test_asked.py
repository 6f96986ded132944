"""What was typed: which words are looked for, and for how many people."""

from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from customers.tests.factories import AddressFactory, CustomerFactory
from desk.search import asked as module
from desk.search.asked import Asked
from identity.access_log.reasons import LISTS
from identity.tests.factories import staff
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db


def asked(text: str, role: str = "support", **session: Any) -> Asked:
    request: Any = RequestFactory().get("/admin/search/")
    request.user, request.session = staff(role), session
    return Asked(request, text, 6)


@pytest.mark.parametrize("text", ["abc", "a abc", "王", "Ж", "07045"])
def test_a_word_of_three_letters_or_of_a_large_script_is_looked_for(text: str):
    assert asked(text).is_name


@pytest.mark.parametrize("text", ["", " ", "ab", "a b c", "12", "-", "%%%"])
def test_what_begins_half_of_all_names_is_not(text: str):
    with CaptureQueriesContext(connection) as taken:
        given = asked(text)
        before = len(taken)
        assert not given.is_name
        assert (given.customers, given.customers_at_address, given.patient_keys) == ([], [], [])
        assert len(taken) == before, "and nothing is asked of the database"


def test_a_name_that_too_many_have_is_not_looked_for_among_recipients(
    monkeypatch: pytest.MonkeyPatch,
):
    for _ in range(2):
        CustomerFactory.create(name="Amina Twin")
    other = AddressFactory.create(
        recipient="Amina Elsewhere", customer=CustomerFactory.create(name="Wanjiru")
    )
    assert asked("amina").customers_at_address == [other.customer_id]
    monkeypatch.setattr(module, "MOST_PEOPLE", 2)
    common = asked("amina")
    assert (len(common.customers), common.is_rare, common.customers_at_address) == (2, False, [])


def test_the_newest_are_those_that_are_kept(monkeypatch: pytest.MonkeyPatch):
    rows = [CustomerFactory.create(name="Amina Twin") for _ in range(3)]
    monkeypatch.setattr(module, "MOST_PEOPLE", 2)
    assert asked("amina").customers == [rows[2].pk, rows[1].pk]


def test_what_several_kinds_need_is_looked_up_once():
    placed_order(CustomerFactory.create(name="Amina Twin"))
    given = asked("amina")
    with CaptureQueriesContext(connection) as taken:
        for _ in range(3):
            assert len(given.orders) == len(given.customers) == 1
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("role", "session", "due"),
    [
        ("clinician", {}, False),
        ("auditor", {}, True),
        ("auditor", {"access_reasons": {LISTS: "Audit"}}, False),
    ],
    ids=["treats", "no-reason", "reason"],
)
def test_whoever_does_not_treat_patients_says_why_first(
    role: str, session: dict[str, Any], due: bool
):
    assert asked("amina", role, **session).reason_is_due == due
