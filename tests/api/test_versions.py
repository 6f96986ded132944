"""`ETag` and `If-Match`: of two clients that change one record none overwrites what it has not
seen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory, study_of
from core.database.versions import versioned_models
from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import AccessRecord
from identity.rights.scopes import SCOPES
from identity.tests.factories import client_for
from orders.models import Order, Product
from orders.tests.factories import placed_order
from shipping.models import Schedule
from tests.matrix import addresses

pytestmark = pytest.mark.django_db
ADDRESS = {
    "recipient": "Ada King",
    "line_1": "1 My Street",
    "city": "London",
    "postcode": "W1A 1AA",
    "country": "GB",
}
Made = tuple[Any, str, dict[str, Any], dict[str, Any]]


def _customer() -> Made:
    row = CustomerFactory.create()
    return row, f"customers/{row.pk}/", {"name": "Mine"}, {"email": "theirs@example.com"}


def _address() -> Made:
    row = AddressFactory.create()
    where = f"customers/{row.customer_id}/addresses/{row.pk}/"
    return row, where, {"line_1": "1 My Street"}, {"city": "Leeds"}


def _patient() -> Made:
    row = PatientFactory.create()
    return row, f"patients/{row.pk}/", {"first_name": "Mine"}, {"first_name": "Theirs"}


def _study() -> Made:
    row = study_of(PatientFactory.create())
    where = f"patients/{row.patient_id}/studies/{row.pk}/"
    return row, where, {"body_part": "HIP"}, {"body_part": "KNEE"}


def _preferences() -> Made:
    row = CustomerFactory.create()
    return row, f"customers/{row.pk}/preferences/", {"language": "sw"}, {"time_zone": "Asia/Tokyo"}


RECORDS: dict[str, Callable[[], Made]] = {
    "customer": _customer,
    "address": _address,
    "patient": _patient,
    "study": _study,
    "preferences": _preferences,
}


def test_what_people_edit_has_a_version() -> None:
    assert {Customer, Address, Patient, Study, Product} <= set(versioned_models())


def test_it_counts_changes_and_nobody_sets_it() -> None:
    ada = CustomerFactory.create(name="Ada")
    Customer.objects.update(name="Ada")
    Customer.objects.update(version=F("version") + 10)
    ada.refresh_from_db()
    assert ada.version == 1
    Customer.objects.update(name="Eve", version=1)
    ada.save()  # as it was read, with an old version
    ada.refresh_from_db()
    assert (ada.name, ada.version) == ("Ada", 3)


def sent(client: Any, method: str, path: str, body: Any = None, tag: str = "") -> Any:
    more = {"HTTP_IF_MATCH": tag} if tag else {}
    return getattr(client, method)(f"/api/v1/{path}", body, format="json", **more)


def somebody_else_saves(row: Any, theirs: dict[str, Any]) -> None:
    read = type(row).objects.get(pk=row.pk)
    for name, value in theirs.items():
        setattr(read, name, value)
    read.save(update_fields=list(theirs))


@pytest.mark.parametrize("what", RECORDS)
def test_who_has_not_seen_a_change_does_not_overwrite_it(api: Any, what: str) -> None:
    row, path, mine, theirs = RECORDS[what]()
    client = api()
    tag = client.get(f"/api/v1/{path}")["ETag"]
    somebody_else_saves(row, theirs)
    refused = sent(client, "patch", path, mine, tag)
    assert refused.status_code == 412
    error = refused.json()["errors"][0]
    assert (error["code"], error["attr"]) == ("changed_meanwhile", None)
    assert "GET it again" in error["detail"]
    row.refresh_from_db()
    assert all(getattr(row, name) != value for name, value in mine.items())
    again = sent(client, "patch", path, mine, client.get(f"/api/v1/{path}")["ETag"])
    assert again.status_code == 200
    row.refresh_from_db()
    assert all(getattr(row, name) == value for name, value in (mine | theirs | mine).items())


@pytest.mark.parametrize("what", RECORDS)
def test_the_answer_to_a_change_has_the_next_tag(api: Any, what: str) -> None:
    _, path, mine, theirs = RECORDS[what]()
    client = api()
    tag = client.get(f"/api/v1/{path}")["ETag"]
    changed = sent(client, "patch", path, mine, tag)
    assert changed["ETag"] == client.get(f"/api/v1/{path}")["ETag"] != tag
    assert sent(client, "patch", path, theirs, changed["ETag"]).status_code == 200


@pytest.mark.parametrize("what", RECORDS)
def test_nothing_is_asked_of_who_sends_no_tag(api: Any, what: str) -> None:
    row, path, mine, theirs = RECORDS[what]()
    client = api()
    client.get(f"/api/v1/{path}")
    somebody_else_saves(row, theirs)
    assert sent(client, "patch", path, mine).status_code == 200
    row.refresh_from_db()
    assert all(getattr(row, name) == value for name, value in (theirs | mine).items())


@pytest.mark.parametrize("what", ["customer", "address", "patient", "study"])
def test_nobody_deletes_what_they_have_not_seen(api: Any, what: str) -> None:
    row, path, _, theirs = RECORDS[what]()
    client = api()
    tag = client.get(f"/api/v1/{path}")["ETag"]
    somebody_else_saves(row, theirs)
    assert sent(client, "delete", path, tag=tag).status_code == 412
    assert client.get(f"/api/v1/{path}").status_code == 200
    fresh = client.get(f"/api/v1/{path}")["ETag"]
    assert sent(client, "delete", path, tag=fresh).status_code == 204


def test_a_put_honours_it_too(api: Any) -> None:
    _, path, _, _ = _customer()
    assert sent(api(), "put", path, {"name": "Mine"}, '"1-0123456789abcdef"').status_code == 412


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ("*", 200),
        ("{}", 200),
        ('"another", {}', 200),
        ('{},W/"another"', 200),
        ("W/{}", 412),
        ('"another"', 412),
        ("another", 400),
        ("7", 400),
        ("", 200),
    ],
)
def test_tags_are_read_as_the_rfc_says(api: Any, tag: str, status: int) -> None:
    _, path, mine, _ = _customer()
    client = api()
    present = client.get(f"/api/v1/{path}")["ETag"]
    answer = sent(client, "patch", path, mine, tag.format(present))
    assert answer.status_code == status, answer.content


@pytest.mark.parametrize("tag", ["*", '"1"'])
def test_what_is_not_there_is_a_404(api: Any, tag: str) -> None:
    assert sent(api(), "patch", "customers/999999/", {"name": "A"}, tag).status_code == 404


def test_what_stands_below_a_record_is_part_of_what_was_seen(api: Any) -> None:
    patient = PatientFactory.create()
    client, path = api(), f"patients/{patient.pk}/"
    tag = client.get(f"/api/v1/{path}")["ETag"]
    study_of(patient)
    assert sent(client, "patch", path, {"first_name": "Mine"}, tag).status_code == 412


def test_a_refusal_shows_nothing_and_is_no_read(api: Any) -> None:
    _, path, mine, _ = _patient()
    refused = sent(api(), "patch", path, mine, '"1-0123456789abcdef"')
    assert refused.status_code == 412
    assert "ETag" not in refused
    assert not AccessRecord.objects.exists()


def test_without_the_scope_no_tag_is_compared(api: Any) -> None:
    _, path, mine, _ = _customer()
    assert sent(api("customers:read"), "patch", path, mine, '"x"').status_code == 403


def test_each_view_that_honours_it_says_so_in_the_document(api: Any) -> None:
    document = api().get("/api/schema/?format=json").json()
    takes = {
        name
        for name, endpoint in addresses.endpoints().items()
        if getattr(endpoint.view.cls, "takes_if_match", False)
        and name.split()[0] in ("PUT", "PATCH", "DELETE")
    }
    assert len(takes) >= 15
    for name in takes:
        method, path = name.split()
        operations = [each for at, each in document["paths"].items() if _same(at, path)]
        operation = operations[0][method.lower()]
        assert "If-Match" in {each["name"] for each in operation["parameters"]}
        assert "412" in operation["responses"]


def _same(documented: str, path: str) -> bool:
    return [p[:1] == "{" or p for p in documented.split("/")] == [
        p[:1] == "{" or p for p in f"/api/v1/{path}".split("/")
    ]


def _order() -> tuple[str, Any, Any]:
    order = placed_order()
    return f"orders/{order.pk}/", {"delivery_address": ADDRESS}, order


def _schedule() -> tuple[str, Any, Any]:
    order = placed_order(interval="monthly")
    return f"schedules/{order.schedule.pk}/", {"interval": "weekly"}, order


def _what_is_kept(order: Order) -> list[Any]:
    rows: list[Any] = [Order.objects.filter(pk=order.pk), Schedule.objects.filter(order=order)]
    return [list(each.values()) for each in rows]


@pytest.mark.parametrize("made", [_order, _schedule])
def test_an_order_and_its_schedule_are_not_overwritten_unseen(
    api: Any, made: Callable[[], tuple[str, Any, Any]]
) -> None:
    path, change, order = made()
    client = api()
    tag = client.get(f"/api/v1/{path}")["ETag"]
    Order.objects.filter(pk=order.pk).update(line_2="Flat 9", amount=7)
    Schedule.objects.filter(order=order).update(catch_up="all")
    before = _what_is_kept(order)
    refused = sent(client, "patch", path, change, tag)
    assert refused.status_code == 412
    assert _what_is_kept(order) == before
    fresh = client.get(f"/api/v1/{path}")["ETag"]
    changed = sent(client, "patch", path, change, fresh)
    assert changed.status_code == 200, changed.json()
    assert changed["ETag"] == client.get(f"/api/v1/{path}")["ETag"] != fresh
    assert sent(client, "patch", path, change).status_code == 200
    assert sent(client, "put", path, change, fresh).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_refused(delivered: None) -> None:
    ada = CustomerFactory.create()
    path = f"customers/{ada.pk}/"
    client = client_for(tuple(SCOPES))
    tag = client.get(f"/api/v1/{path}")["ETag"]

    def change(name: str) -> int:
        try:
            other = client_for(tuple(SCOPES))
            return int(sent(other, "patch", path, {"name": name}, tag).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(change, ["One", "Two", "Three", "Four"]))
    assert answers == [200, 412, 412, 412]
