"""`…/history/` over HTTP: field by field, paged, for whoever may read the record."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinical.models import Patient
from clinical.services import cancel_study
from clinical.tests.factories import PatientFactory, study_of
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import AccessRecord
from orders.tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def _customer() -> tuple[Any, str]:
    row = CustomerFactory.create()
    return row, f"customers/{row.pk}/"


def _address() -> tuple[Any, str]:
    row = AddressFactory.create()
    return row, f"customers/{row.customer_id}/addresses/{row.pk}/"


def _patient() -> tuple[Any, str]:
    row = PatientFactory.create()
    return row, f"patients/{row.pk}/"


def _study() -> tuple[Any, str]:
    row = study_of(PatientFactory.create())
    return row, f"patients/{row.patient_id}/studies/{row.pk}/"


def _study_alone() -> tuple[Any, str]:
    row, _ = _study()
    return row, f"studies/{row.pk}/"


def _product() -> tuple[Any, str]:
    row = ProductFactory.create()
    return row, f"products/{row.item_id}/"


RECORDS: dict[str, tuple[Callable[[], tuple[Any, str]], dict[str, str]]] = {
    "customer": (_customer, {"name": "New"}),
    "address": (_address, {"city": "Leeds"}),
    "patient": (_patient, {"first_name": "New"}),
    "study": (_study, {"body_part": "HIP"}),
    "study alone": (_study_alone, {"body_part": "HIP"}),
    "product": (_product, {"name": "New"}),
}


def listed(client: Any, path: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{path}history/")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def alter(row: Any, change: Mapping[str, Any]) -> None:
    """Save these columns, as whoever has an index over encrypted ones must be."""
    for name, value in change.items():
        setattr(row, name, value)
    row.save(update_fields=list(change))


@pytest.mark.parametrize("what", RECORDS)
def test_each_record_shows_what_became_of_it(api: Any, what: str) -> None:
    make, change = RECORDS[what]
    row, path = make()
    before = {name: getattr(row, name) for name in change}
    alter(row, change)
    changed, created = listed(api(), path)
    fields = [{"field": n, "old": before[n], "new": new} for n, new in change.items()]
    assert (changed["kind"], changed["changes"]) == ("changed", fields)
    assert created["kind"] == "created"
    assert all(part["old"] is None for part in created["changes"])
    assert set(changed) == {
        *("id", "at", "kind", "actor", "reason", "request", "request_id"),
        *("task", "command", "changes"),
    }


@pytest.mark.parametrize("what", RECORDS)
def test_it_costs_as_many_statements_however_much_happened(api: Any, what: str) -> None:
    make, change = RECORDS[what]
    row, path = make()
    client = api()
    counts: list[int] = []
    for _ in range(2):
        for number in range(3):
            values = {name: f"{len(counts)}{number}" for name in change}
            alter(row, values)
        with CaptureQueriesContext(connection) as asked:
            listed(client, path)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 7, asked.captured_queries


def test_it_says_who_why_and_from_where(api: Any) -> None:
    client, (_, path) = api(), _patient()
    why = {"HTTP_ACCESS_REASON": "They asked"}
    client.patch(f"/api/v1/{path}", {"first_name": "New"}, format="json", **why)
    latest = listed(client, path)[0]
    assert latest["actor"].startswith("client:")
    assert (latest["reason"], latest["request"]) == (
        "They asked",
        "PATCH api/v1/patients/<int:pk>/",
    )
    assert latest["request_id"]


def test_fields_have_the_names_of_the_api(api: Any) -> None:
    row, path = _study()
    cancel_study(row, by="user:test")
    latest = listed(api(), path)[0]
    parts = [part for part in latest["changes"] if part["field"] == "status"]
    assert [part["new"] for part in parts] == ["cancelled"]


def test_what_the_api_does_not_show_is_not_in_it(api: Any) -> None:
    row = PatientFactory.create(external_id="zq-77")
    assert "zq-77" not in str(listed(api(), f"patients/{row.pk}/"))


def test_it_is_paged(api: Any) -> None:
    _, path = _customer()
    for number in range(5):
        Customer.objects.update(name=str(number))
    client, names, url = api(), [], f"/api/v1/{path}history/?page_size=2"
    while url:
        page = client.get(url).json()
        assert len(page["results"]) <= 2
        names += [part["new"] for each in page["results"] for part in each["changes"]]
        url = page["next"]
    assert names[:5] == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("what", ["patient", "study", "study alone"])
def test_reading_it_is_on_record(api: Any, what: str) -> None:
    row, path = RECORDS[what][0]()
    listed(api(), path)
    patient = row.pk if isinstance(row, Patient) else row.patient_id
    assert AccessRecord.objects.get().patients == [patient]


@pytest.mark.parametrize("what", RECORDS)
def test_without_the_scope_nothing_is_shown(api: Any, what: str) -> None:
    _, path = RECORDS[what][0]()
    answer = api("notifications:read").get(f"/api/v1/{path}history/")
    assert answer.status_code == 403
    assert not AccessRecord.objects.exists()


def test_nobody_reads_it_by_anothers_address(api: Any) -> None:
    other = CustomerFactory.create()
    row, _ = _address()
    answer = api().get(f"/api/v1/customers/{other.pk}/addresses/{row.pk}/history/")
    assert answer.status_code == 404
