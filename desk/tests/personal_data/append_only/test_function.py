"""After an erasure nothing of a person is left in any table, and nobody else changes a history."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clinical.laboratories import samples
from clinical.models import Patient
from clinical.patients.merging import merge
from clinical.patients.undoing import undo
from clinical.reading.reports import amend
from clinical.tests.factories import PatientFactory, registered_sample, signed_study
from clinical.tests.laboratories.messages import message, result_of
from core.database import append_only
from core.history.changes import changes
from core.history.origin import acting
from core.history.tracking import history_of
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from desk.models import Erasure, ErasureStep
from desk.personal_data import erasure
from desk.personal_data.append_only import function
from desk.personal_data.append_only.tables import EMPTIED
from desk.tests.personal_data.held import customer_with_everything, old_enough
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
WHY = "they asked for it"
MARK = "quirrel"
KEPT = {
    "notifications.OptOut": "who wants no more messages would get some again",
    "notifications.Consent": "the proof that the law asks for",
}


def holding(mark: str) -> Iterator[str]:
    """The models with a row that holds this, encrypted or not, and the tables with one as it is."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            for row in model._base_manager.values():
                text = " ".join(
                    bytes(v).decode(errors="replace") if isinstance(v, memoryview) else str(v)
                    for v in row.values()
                )
                if mark in text.lower():
                    yield model._meta.label
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE to_jsonb(t)::text ILIKE ANY(%s)',
                [[f"%{mark}%", f"%{mark.encode().hex()}%"]],
            )
            if cursor.fetchone()[0]:
                yield table


def erased(kind: str, key: int) -> Erasure:
    asked = erasure.request(kind, key, by=staff("manager"), reason=WHY)
    return erasure.confirm(asked, by=staff("manager"))


@pytest.fixture
def customer() -> Customer:
    customer = customer_with_everything("Quirrel")
    customer.name = "Zoe Quirrel-Smith"
    customer.save()
    LogEntry.objects.create(
        user=staff("manager"),
        content_type=ContentType.objects.get_for_model(Customer),
        object_id=str(customer.pk),
        object_repr="Zoe Quirrel (C-1)",
        action_flag=CHANGE,
        action_time=timezone.now(),
    )
    return customer


@pytest.fixture
def patient() -> Patient:
    """Somebody with a name in everything that is held of patients."""
    patient = PatientFactory.create(
        first_name="Zoe",
        last_name="Quirrel",
        external_id="Quirrel-7",
        customer=CustomerFactory.create(),
    )
    patient.identifiers.create(system="urn:one", value="Quirrel 17")
    twice = PatientFactory.create(last_name="Quirrel", email="quirrel@example.com")
    made = merge(patient, twice, take=["email"], by="user:x", reason="Quirrel was entered twice")
    undo(made, by="user:x", reason="another Quirrel")
    merge(patient, twice, take=["email"], by="user:x", reason="Quirrel after all")
    study = signed_study(patient, description="Quirrel fell", body_part="knee of Quirrel")
    study.events.create(kind="noted", actor="user:1", detail="Quirrel called")
    amend(study, "Quirrel has no fracture", "Quirrel's other knee", signer=staff("clinician"))
    theirs = {"birth_date": patient.birth_date, "customer": patient.customer}
    sample = registered_sample("K1", first_name="Zoe", last_name="Quirrel", **theirs)
    named = {"name": "Zoe Quirrel", "birth_date": patient.birth_date.isoformat()}
    result = result_of(message(sample=named))
    result.events.create(kind="noted", actor="user:1", detail="Quirrel called")
    samples.withdraw(sample, by="user:1", reason="Quirrel called")
    return patient


def test_the_marks_are_everywhere_before(customer: Customer, patient: Patient) -> None:
    found = set(holding(MARK))
    tables = {each.model._meta.label for each in EMPTIED}
    assert tables - found <= {"shipping.ScheduleEvent"}  # only recurring orders have one
    assert {"clinical.StudyReport", "clinical.PatientMerge", "shipping.Return"} <= found


def test_nothing_of_a_customer_is_left_but_what_must_stay(customer: Customer) -> None:
    erased("customer", customer.pk)
    left = {label for label in holding(MARK) if "." in label}
    assert left == set(KEPT)


def test_nothing_of_a_patient_is_left_after_the_time_of_health_records(patient: Patient) -> None:
    old_enough()
    erased("patient", patient.pk)
    assert set(holding(MARK)) == set()


def test_who_changed_which_field_and_when_stays(customer: Customer) -> None:
    with acting("user:7 clara"):
        Customer.objects.filter(pk=customer.pk).update(email="quirrel@example.net")
    history: Any = history_of(Customer)
    rows = history.objects.filter(id=customer.pk).order_by("-pgh_id")
    before = list(rows.values_list("pgh_id", "pgh_created_at", "pgh_label"))
    done = erased("customer", customer.pk)
    assert set(rows.values_list("pgh_id", "pgh_created_at", "pgh_label")) > set(before)
    lines = {
        change.row.pgh_label: (change.said("actor"), [part.field.name for part in change.fields])
        for change in changes(rows[1:2])
    }
    assert lines == {"changed": ("user:7 clara", ["email"])}
    [change] = changes(rows[1:2])
    assert {(part.old, part.new) for part in change.fields} == {("erased", "erased")}
    steps = done.steps.values_list("what", "rows")
    assert dict(steps)["customer_history"] == rows.count()


def test_others_keep_their_history(customer: Customer) -> None:
    other = customer_with_everything("Other")
    tables = [each.model._default_manager for each in EMPTIED if each.kind == "customer"]
    before = set(holding("other"))
    theirs = [list(rows.order_by("pk").values()) for rows in tables]
    erased("customer", customer.pk)
    assert set(holding("other")) == before
    after = [list(rows.order_by("pk").values()) for rows in tables]
    assert any(one != two for one, two in zip(theirs, after, strict=True))
    history: Any = history_of(Customer)
    assert {row.name for row in history.objects.filter(id=other.pk)} == {"Zoe Other"}


def test_an_erasure_that_fails_leaves_the_history_as_it_was(
    customer: Customer, poison: Any
) -> None:
    poison("desk_erasurestep", "NEW.what = 'order_events'")
    with pytest.raises(DatabaseError, match="poison"), transaction.atomic():
        erased("customer", customer.pk)
    history: Any = history_of(Customer)
    assert {row.name for row in history.objects.filter(id=customer.pk)} == {"Zoe Quirrel"}
    assert not ErasureStep.objects.exists()


def refused(statement: str, match: str) -> None:
    with (
        pytest.raises(DatabaseError, match=match),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.fixture
def as_application(settings: Any) -> Any:
    """Become the role that the application has."""
    settings.DATABASE_APPLICATION_ROLE = "dosette_test_application"
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE dosette_test_application")
    append_only.guard()
    function.put_up()
    return partial(connection.cursor().execute, "SET LOCAL ROLE dosette_test_application")


def test_the_application_erases_by_two_people(customer: Customer, as_application: Any) -> None:
    asked = erasure.request("customer", customer.pk, by=staff("manager"), reason=WHY)
    second = staff("manager")
    as_application()
    erasure.confirm(asked, by=second)
    assert {label for label in holding(MARK) if "." in label} == set(KEPT)


@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL dosette.erasing = '1'; UPDATE customers_customerhistory SET name = 'x'",
        "SET LOCAL dosette.erasing = '1'; DELETE FROM customers_customerhistory",
        "SET LOCAL dosette.erasing = '1'; DELETE FROM orders_orderevent;"
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SET LOCAL dosette.erasing = '1'; UPDATE orders_orderevent SET detail = 'x'",
        "INSERT INTO desk_erasurestep (erasure_id, what, rows) VALUES (1, 'x', 1)",
        "DELETE FROM desk_erasurestep",
        "CREATE OR REPLACE FUNCTION core_is_erasing() RETURNS boolean LANGUAGE sql AS 'SELECT 1=1'",
        "SELECT desk_erase(0, 'customer_history', '{}')",
        "SELECT desk_erase((SELECT max(id) FROM desk_erasure), 'customer_history', '{}')",
    ],
)
def test_the_application_changes_no_history_by_itself(
    statement: str, customer: Customer, as_application: Any
) -> None:
    erasure.request("customer", customer.pk, by=staff("manager"), reason=WHY)
    as_application()
    refused(statement, "permission denied|append-only|must be owner|two people")


@pytest.mark.parametrize("state", ["requested", "done", "withdrawn"])
def test_nothing_is_erased_by_a_request_that_is_not_being_done(
    customer: Customer, state: str
) -> None:
    asked = erasure.request("customer", customer.pk, by=staff("manager"), reason=WHY)
    Erasure.objects.filter(pk=asked.pk).update(state=state, decided_by=staff("manager"))
    refused(f"SELECT desk_erase({asked.pk}, 'customer_history', '{{}}')", "two people")


def test_nothing_is_erased_by_one_person_alone(customer: Customer) -> None:
    one = staff("manager")
    asked = erasure.request("customer", customer.pk, by=one, reason=WHY)
    Erasure.objects.filter(pk=asked.pk).update(state="erasing", decided_by=one)
    refused(f"SELECT desk_erase({asked.pk}, 'customer_history', '{{}}')", "two people")


def test_a_customers_erasure_empties_nothing_of_a_patient(customer: Customer) -> None:
    asked = erasure.request("customer", customer.pk, by=staff("manager"), reason=WHY)
    Erasure.objects.filter(pk=asked.pk).update(state="erasing", decided_by=staff("manager"))
    refused(f"SELECT desk_erase({asked.pk}, 'patient_history', '{{}}')", "case not found")


def test_the_owner_is_refused_too_outside_of_the_function(customer: Customer) -> None:
    refused("UPDATE customers_customerhistory SET name = 'x'", "append-only")
