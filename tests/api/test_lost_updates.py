"""Two clients change different fields of one row at the same moment: both changes survive."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, get_ident
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import post_init

from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory, study_of
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.rights.scopes import SCOPES
from identity.tests.factories import client_for
from shipping.models import Schedule
from shipping.tests.factories import monthly_schedule

pytestmark = pytest.mark.django_db(transaction=True)
Change = tuple[str, dict[str, Any]]


def at_once(model: type[Any], path: str, *changes: Change) -> list[Any]:
    """The answers to these changes, each sent when every request had read the row."""
    client_for(tuple(SCOPES))  # makes the caller known before they start
    both_have_read, waited = Barrier(len(changes)), set[int]()

    def read(**_: Any) -> None:
        if get_ident() not in waited:
            waited.add(get_ident())
            both_have_read.wait(20)

    def send(change: Change) -> Any:
        method, body = change
        try:
            return getattr(client_for(tuple(SCOPES)), method)(path, body, format="json")
        finally:
            connection.close()

    post_init.connect(read, sender=model, weak=False, dispatch_uid="at_once")
    try:
        with ThreadPoolExecutor(len(changes)) as pool:
            return list(pool.map(send, changes))
    finally:
        post_init.disconnect(sender=model, dispatch_uid="at_once")


CASES: dict[str, tuple[type[Any], Callable[[], tuple[int, str]], Change, Change]] = {
    "a customer": (
        Customer,
        lambda: (pk := CustomerFactory.create().pk, f"customers/{pk}/"),
        ("patch", {"name": "New Name"}),
        ("patch", {"email": "new@example.com"}),
    ),
    "a customer, as a whole": (
        Customer,
        lambda: (pk := CustomerFactory.create().pk, f"customers/{pk}/"),
        ("put", {"name": "New Name"}),
        ("patch", {"email": "new@example.com"}),
    ),
    "preferences": (
        Customer,
        lambda: (pk := CustomerFactory.create().pk, f"customers/{pk}/preferences/"),
        ("patch", {"language": "sw"}),
        ("patch", {"time_zone": "Africa/Nairobi"}),
    ),
    "a patient": (
        Patient,
        lambda: (pk := PatientFactory.create().pk, f"patients/{pk}/"),
        ("patch", {"first_name": "New"}),
        ("patch", {"email": "new@example.com"}),
    ),
    "a study": (
        Study,
        lambda: (
            (row := study_of()).pk,
            f"patients/{row.patient_id}/studies/{row.pk}/",
        ),
        ("patch", {"body_part": "HIP"}),
        ("patch", {"description": "after a fall"}),
    ),
    "a schedule": (
        Schedule,
        lambda: (pk := monthly_schedule().pk, f"schedules/{pk}/"),
        ("patch", {"interval": "weekly"}),
        ("patch", {"catch_up": "none"}),
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_both_changes_survive(delivered, what):
    model, make, one, other = CASES[what]
    key, path = make()
    answers = at_once(model, f"/api/v1/{path}", one, other)
    assert [answer.status_code for answer in answers] == [200, 200]
    row = model.objects.get(pk=key)
    for name, value in {**one[1], **other[1]}.items():
        assert getattr(row, name) == value, name


def test_the_answer_shows_the_row_as_it_is_now(api):
    """Not as it was when the request began."""
    customer = CustomerFactory.create()

    def meanwhile(**_: Any) -> None:
        Customer.objects.filter(pk=customer.pk).update(email="new@example.com")

    post_init.connect(meanwhile, sender=Customer, weak=False, dispatch_uid="meanwhile")
    try:
        answer = api().patch(f"/api/v1/customers/{customer.pk}/", {"name": "A"}, format="json")
    finally:
        post_init.disconnect(sender=Customer, dispatch_uid="meanwhile")
    assert (answer.json()["name"], answer.json()["email"]) == ("A", "new@example.com")
