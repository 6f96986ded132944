"""What each kind of row costs to be found, by which indexes, and which rows it leaves out."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory, study_of
from core.database import clock
from core.tests.plans import forget_statistics
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from desk.search.asked import Asked
from desk.search.kinds import KINDS
from identity.tests.factories import staff
from kits.tests.factories import kit_in, order_of_kits, packed_kit
from notifications.services import notify
from orders.tests.factories import placed_order

pytestmark = pytest.mark.django_db
BY_NAME = {kind.name: kind for kind in KINDS}
LARGE = {
    "clinical_patient",
    "clinical_patientidentifier",
    "clinical_study",
    "customers_address",
    "customers_customer",
    "kits_kit",
    "notifications_notification",
    "orders_order",
    "shipping_shipment",
}


def asked_for(text: str, most: int = 6) -> Asked:
    request: Any = RequestFactory().get("/admin/search/", {"s": text})
    request.user = staff(is_superuser=True)
    return Asked(request, text, most)


def lines(kind: str, text: str, most: int = 6) -> list[str]:
    return [line.text for line in BY_NAME[kind].lines(asked_for(text, most))]


@pytest.fixture
def amina() -> Customer:
    """A customer with an address, an order, its parcel, a message; and a patient of that name."""
    customer: Customer = CustomerFactory.create(name="Amina Odhiambo")
    AddressFactory.create(customer=customer, recipient="Amina Odhiambo", postcode="EC1Y 8SY")
    placed_order(customer)
    packed_kit(order_of_kits(customer=customer))
    notify(customer, message="Hello", channel="sms", by="user:test")
    study_of(PatientFactory.create(first_name="Amina", last_name="Odhiambo"))
    return customer


@pytest.mark.parametrize(
    ("kind", "statements"),
    [
        ("places", 3),
        ("customers", 3),
        ("orders", 3),
        ("parcels", 3),
        ("kits", 4),
        ("messages", 2),
        ("patients", 2),
        ("studies", 2),
    ],
)
def test_a_kind_takes_so_many_statements_however_much_is_found(
    amina: Customer, kind: str, statements: int
):
    """Of its own; that what several look up is looked up once: test_page.py."""
    for _ in range(3):
        other = CustomerFactory.create(name="Amina Twin")
        placed_order(other)
        notify(other, message="Hello", channel="sms", by="user:test")
        study_of(PatientFactory.create(first_name="Amina"))
    asked = asked_for("ship" if kind == "places" else "amina")
    with CaptureQueriesContext(connection) as taken:
        found = BY_NAME[kind].lines(asked)
    assert found
    assert len(taken) <= statements, [each["sql"] for each in taken]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def read_whole(statement: str) -> list[str]:
    """The large tables of which a statement reads every row, or every entry of an index."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        (given,) = cursor.fetchone()
    (explained,) = json.loads(given) if isinstance(given, str) else given
    return [
        f"{node['Node Type']} of {node['Relation Name']}"
        for node in nodes(explained["Plan"])
        if node.get("Relation Name") in LARGE
        and node["Node Type"] != "Bitmap Heap Scan"  # what leads to it is a node of its own
        and "Index Cond" not in node
    ]


@pytest.mark.parametrize("text", ["amina", "amina odh", "ec1y 8sy", "4711", "+254704590346"])
@pytest.mark.parametrize("kind", sorted(set(BY_NAME) - {"places"}))
def test_no_search_reads_a_large_table_to_its_end(amina: Customer, kind: str, text: str):
    asked = asked_for(text)
    with CaptureQueriesContext(connection) as taken:
        BY_NAME[kind].lines(asked)
    forget_statistics()
    found = {each["sql"]: read_whole(each["sql"]) for each in taken}
    assert found
    assert not any(found.values()), found


def test_the_newest_come_first_and_no_more_than_were_asked_for(amina: Customer):
    numbers = [placed_order(amina).number for _ in range(3)]
    shown = [line.text for line in BY_NAME["orders"].lines(asked_for("amina", 2))]
    assert len(shown) == 2
    for text, number in zip(shown, reversed(numbers), strict=False):
        assert str(number) in text


def test_a_patient_who_is_archived_or_merged_is_not_looked_for_nor_their_studies(amina: Customer):
    patient = Patient.objects.get()
    assert (len(lines("patients", "amina")), len(lines("studies", "amina"))) == (1, 1)
    kept = PatientFactory.create(first_name="Other")
    for changes in ({"archived_at": clock.now()}, {"archived_at": None, "merged_into": kept}):
        for name, value in changes.items():
            setattr(patient, name, value)
        patient.save()
        assert lines("patients", "amina") == []
        assert lines("studies", "amina") == []


def test_a_study_is_found_by_its_number_unless_it_was_entered_in_error(amina: Customer):
    study = Study.objects.get()
    asked = asked_for(str(study.pk))
    assert [line.text for line in BY_NAME["studies"].lines(asked)] == [str(study)]
    assert asked.patients == {study.patient_id}, "whose data is shown is known to the access log"
    Study.objects.filter(pk=study.pk).update(state="entered-in-error")
    assert lines("studies", str(study.pk)) == []


@pytest.mark.parametrize("text", ["0", "-1", "9" * 19, "9" * 60, "1.5", "١٢"])
@pytest.mark.parametrize("kind", sorted(BY_NAME))
def test_a_number_that_is_no_key_finds_nothing_and_breaks_nothing(
    amina: Customer, kind: str, text: str
):
    assert lines(kind, text) == []


def test_a_customer_who_matches_twice_is_shown_once(amina: Customer):
    """By the name, and by a recipient in the address book."""
    assert lines("customers", "amina") == ["Amina Odhiambo"]
    assert lines("customers", "ec1y8sy") == ["Amina Odhiambo"]


def test_each_kind_has_a_name_and_a_title_of_its_own_and_health_data_needs_a_right():
    assert len({kind.name for kind in KINDS}) == len({kind.title for kind in KINDS}) == len(KINDS)
    assert {kind.name for kind in KINDS if kind.is_health} == {"patients", "studies"}
    assert [kind.name for kind in KINDS if not kind.permission] == ["places"]


def test_a_kit_is_found_by_what_stands_on_it_however_it_is_typed(amina: Customer):
    kit = kit_in("returning")
    typed = f"{kit.serial[:4].lower()}-{kit.serial[4:].lower()}"
    assert lines("kits", typed) == lines("kits", str(kit.return_tracking)) == [kit.serial]
    assert len(lines("kits", "amina")) == 1, "in a parcel of an order of theirs"
    assert lines("kits", kit.serial[:-1]) == [], "whole"
