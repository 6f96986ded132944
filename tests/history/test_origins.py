"""Each change says who made it, when, from which request, task or command, and why."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from clinical.models import Patient
from clinical.tests.factories import PatientFactory
from core.history.tracking import history_of
from customers.models import Customer
from identity.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def origins(model: Any) -> list[dict[str, str]]:
    """What is said of each change, the latest first."""
    history: Any = history_of(model)
    return [row.pgh_context or {} for row in history.objects.order_by("-pgh_id")]


def test_a_change_over_the_api_is_the_clients(api: Any) -> None:
    client = api()
    made = client.post("/api/v1/customers/", {"name": "Ada"}, format="json")
    where = f"/api/v1/customers/{made.json()['id']}/"
    why = {"HTTP_ACCESS_REASON": "They asked", "HTTP_X_REQUEST_ID": "a-request-of-theirs-1"}
    assert client.patch(where, {"name": "Eve"}, format="json", **why).status_code == 200
    assert client.delete(where).status_code == 204
    deleted, changed, created = origins(Customer)
    actors = {each["actor"] for each in (deleted, changed, created)}
    assert len(actors) == 1
    assert actors.pop().startswith("client:")
    assert changed["reason"] == "They asked"
    assert changed["request_id"] == "a-request-of-theirs-1"
    routes = [each["request"] for each in (created, changed, deleted)]
    assert routes == [
        "POST api/v1/customers/",
        "PATCH api/v1/customers/<int:pk>/",
        "DELETE api/v1/customers/<int:pk>/",
    ]


def test_a_change_in_the_admin_is_the_persons() -> None:
    browser, boss = Client(), UserFactory.create(is_superuser=True)
    browser.force_login(boss)
    role = Group.objects.create(name="lookers")
    browser.post(f"/admin/auth/group/{role.pk}/change/", {"name": "onlookers"})
    latest = origins(Group)[0]
    assert latest["actor"] == boss.actor
    assert latest["request"] == "POST admin/auth/group/<path:object_id>/change/"


def test_whoever_had_to_say_why_they_look_is_quoted() -> None:
    browser, ada = Client(), PatientFactory.create(first_name="Ada")
    browser.force_login(UserFactory.create(is_superuser=True))
    where = f"/admin/clinical/patient/{ada.pk}/change/"
    asked = browser.get(where)
    browser.post(asked["Location"], {"reason": "A complaint is looked into"})
    fields = {
        "last_name": ada.last_name,
        "birth_date": str(ada.birth_date),
        "email": "",
        "customer": "",
    }
    inlines = {
        f"{prefix}-{name}_FORMS": "0"
        for prefix in ("studies", "identifiers", "samples", "results")
        for name in ("TOTAL", "INITIAL")
    }
    assert browser.post(where, fields | inlines | {"first_name": "Eve"}).status_code == 302
    assert origins(Patient)[0]["reason"] == "A complaint is looked into"


def test_a_change_under_no_request_says_nothing(api: Any) -> None:
    api().post("/api/v1/customers/", {"name": "Ada"}, format="json")
    Customer.objects.update(name="Eve")
    assert origins(Customer)[0] == {}
