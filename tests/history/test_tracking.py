"""Whoever changes a record, and by whatever way, leaves a trace; and nobody takes it away."""

from collections.abc import Callable
from functools import partial
from io import BytesIO, StringIO
from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from clinical.models import Patient, ReadingLimits, Study
from clinical.tests.factories import PatientFactory, study_of
from core.database import append_only
from core.history import tracking
from core.history.changes import changes
from core.history.tracking import history_models, history_of, parts_of
from core.imports.importer import run
from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import LinkedAccount, ServiceClient, User
from identity.tests.factories import UserFactory
from notifications.models import Limits, Rule, Template, Topic
from orders.models import Product
from orders.tests.factories import ProductFactory
from shipping.models import ProviderProfile, RoutingRule

pytestmark = pytest.mark.django_db
PATIENTS = b"first_name,last_name,birth_date,email,id\nAda,King,1985-01-02,a@b.example,p-1\n"
STUDIES = b"urgency_level,body_part,description,type,patient_id\nHIGH,KNEE,fell,XRAY,p-1\n"


def history(row: Any) -> list[Any]:
    """The changes of a row, the latest first."""
    model: Any = history_of(type(row))
    return changes(model.objects.filter(id=row.pk).order_by("-pgh_id"))


def told(row: Any) -> list[tuple[str, dict[str, tuple[Any, Any]]]]:
    """Of each change its kind, and the fields with what they were and became."""
    return [
        (each.row.pgh_label, {part.field.name: (part.old, part.new) for part in each.fields})
        for each in history(row)
    ]


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_what_the_issue_names_has_a_history() -> None:
    named = [Patient, Study, Customer, Address, Product, Group, User, ServiceClient]
    named += [Template, Rule, Topic, Limits, RoutingRule, ProviderProfile, ReadingLimits]
    assert all(history_of(model) for model in named)
    of_a_person = {part.pgh_tracked_model._meta.object_name for part in parts_of(User)}
    assert of_a_person == {"Membership", "RightOfPerson", "LinkedAccount"}
    assert len(parts_of(Customer)) == len(parts_of(Group)) == 1


def test_saving_changing_and_deleting_are_each_one_change() -> None:
    ada = CustomerFactory.create(name="Ada", email="ada@example.com")
    ada.name = "Ada King"
    ada.save()
    Customer.objects.filter(pk=ada.pk).update(email="")
    key = ada.pk
    ada.delete()
    ada.pk = key
    assert [kind for kind, _ in told(ada)] == ["deleted", "changed", "changed", "created"]
    assert told(ada)[1][1] == {"email": ("ada@example.com", "")}
    assert told(ada)[2][1] == {"name": ("Ada", "Ada King")}
    assert told(ada)[3][1]["name"] == (None, "Ada")


def test_what_changes_nothing_is_no_change() -> None:
    ada = CustomerFactory.create(name="Ada")
    ada.save()
    Customer.objects.update(name="Ada")
    assert len(told(ada)) == 1


def _bulk_update(row: Any) -> None:
    row.name = "New"
    Customer.objects.bulk_update([row], ["name"])


WAYS: dict[str, Callable[[Any], Any]] = {
    "update": lambda row: Customer.objects.filter(pk=row.pk).update(name="New"),
    "bulk update": _bulk_update,
    "SQL": lambda row: execute("UPDATE customers_customer SET name = 'New' WHERE id = %s", row.pk),
    "SQL beside the triggers": lambda row: execute(
        "SET LOCAL pgtrigger.ignore = '{pgtrigger_changed_update_c4016}';"
        "UPDATE customers_customer SET name = 'New' WHERE id = %s",
        row.pk,
    ),
    "MERGE": lambda row: execute(
        "MERGE INTO customers_customer USING (SELECT %s::bigint AS key) AS k ON id = key "
        "WHEN MATCHED THEN UPDATE SET name = 'New'",
        row.pk,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_in_the_history(way: str) -> None:
    ada = CustomerFactory.create(name="Ada")
    WAYS[way](ada)
    assert told(ada)[0] == ("changed", {"name": ("Ada", "New")})


def test_no_trigger_can_be_named_that_is_passed_by() -> None:
    """The way above would prove nothing if the trigger were called otherwise."""
    names = {trigger.get_pgid(model) for model, trigger in pgtrigger.registered()}
    assert "pgtrigger_changed_update_c4016" in names


def test_many_at_once_are_each_in_the_history() -> None:
    rows = [Customer(name=f"Customer {n}", code=f"C-{n}") for n in range(20)]
    Customer.objects.bulk_create(rows)
    Customer.objects.filter(code__startswith="C-1").update(email="new@example.com")
    model: Any = history_of(Customer)
    assert model.objects.filter(pgh_label="created").count() == 20
    assert model.objects.filter(pgh_label="changed").count() == 11


def test_copy_is_in_the_history() -> None:
    with connection.cursor() as cursor:
        columns = "(item_id, name, kind, weight, price, currency, is_active)"
        rows = StringIO("s-1\tSerum\tgoods\t5\t1.00\tGBP\tt\n")
        cursor.cursor.copy_expert(f"COPY orders_product {columns} FROM STDIN", rows)
    assert told(Product.objects.get())[0][0] == "created"


def test_an_import_is_in_the_history_under_its_name() -> None:
    run(PatientImporter(), BytesIO(PATIENTS), by="command:import_patients")
    run(StudyImporter(), BytesIO(STUDIES), by="command:import_studies")
    run(PatientImporter(), BytesIO(PATIENTS.replace(b"Ada", b"Eve")), by="user:7 clara")
    patient, study = Patient.objects.get(), Study.objects.get()
    assert told(patient)[0] == ("changed", {"first_name": ("Ada", "Eve")})
    actors = [each.said("actor") for each in [*history(patient), *history(study)]]
    assert actors == ["user:7 clara", "command:import_patients", "command:import_studies"]


def test_a_record_older_than_its_history_shows_what_was_changed() -> None:
    ada = CustomerFactory.create(name="Ada")
    execute("SET LOCAL session_replication_role = replica")
    execute("DELETE FROM customers_customerhistory")
    execute("SET LOCAL session_replication_role = origin")
    Customer.objects.update(name="New")
    assert told(ada) == [("changed", {"name": ("Ada", "New")})]


def test_roles_and_who_is_in_them_have_a_history() -> None:
    role, person = Group.objects.create(name="lookers"), UserFactory.create()
    right = Permission.objects.get(codename="view_order")
    role.permissions.add(right)
    person.groups.add(role)
    person.groups.remove(role)
    person.user_permissions.add(right)
    User.objects.filter(pk=person.pk).update(is_superuser=True)
    LinkedAccount.objects.create(user=person, issuer="https://issuer.example", subject="1")
    kinds = {
        part._meta.object_name: list(
            part.objects.filter(**{f"{part.part_of}_id": owner.pk})
            .order_by("pgh_id")
            .values_list("pgh_label", flat=True)
        )
        for model, owner in ((User, person), (Group, role))
        for part in parts_of(model)
    }
    assert kinds == {
        "MembershipHistory": ["created", "deleted"],
        "RightOfPersonHistory": ["created"],
        "LinkedAccountHistory": ["created"],
        "RightOfRoleHistory": ["created"],
    }
    assert told(person)[0] == ("changed", {"is_superuser": (False, True)})


def test_a_sign_in_is_no_change_of_a_person() -> None:
    person = UserFactory.create()
    before = len(told(person))
    User.objects.filter(pk=person.pk).update(last_login="2026-01-01T00:00Z", password="x")
    assert len(told(person)) == before


def test_what_programs_write_all_day_is_no_change_of_a_profile() -> None:
    profile = ProviderProfile.objects.create(provider="reference")
    ProviderProfile.objects.update(webhook_at="2026-01-01T00:00Z")
    ProviderProfile.objects.filter(pk=profile.pk).update(webhook_rate=7)
    assert told(profile)[0] == ("changed", {"webhook_rate": (None, 7)})
    assert sum(kind == "changed" for kind, _ in told(profile)) == 1


def test_no_password_is_in_a_history() -> None:
    columns = {field.name for model in history_models() for field in model._meta.fields}
    assert not columns & {"password", "sealed_secret", "recovery_codes"}


def test_a_page_begins_where_the_one_before_ended() -> None:
    ada = CustomerFactory.create(name="1")
    for number in (2, 3, 4):
        Customer.objects.update(name=str(number))
    model: Any = history_of(Customer)
    rows = list(model.objects.filter(id=ada.pk).order_by("-pgh_id"))
    pairs = [
        [(part.old, part.new) for part in each.fields]
        for page in (rows[:1], rows[1:3])
        for each in changes(page)
    ]
    assert pairs == [[("3", "4")], [("2", "3")], [("1", "2")]]


def test_a_history_takes_three_statements_however_long_it_is(
    django_assert_num_queries: Any,
) -> None:
    ada = CustomerFactory.create(name="0")
    for number in range(30):
        Customer.objects.update(name=str(number))
    with django_assert_num_queries(3):
        assert len(history(ada)) == 30


@pytest.fixture
def as_application(settings: Settings) -> Callable[[], object]:
    """Become the role that the application has, with the rights that `migrate` gives it."""
    settings.DATABASE_APPLICATION_ROLE = "dosette_test_application"
    execute("CREATE ROLE dosette_test_application")
    append_only.guard()
    return partial(execute, "SET LOCAL ROLE dosette_test_application")


def test_the_application_changes_records_and_its_changes_are_recorded(
    as_application: Callable[[], object],
) -> None:
    as_application()
    study = study_of(PatientFactory.create())
    Study.objects.update(body_part="HIP")
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert told(study)[0] == ("changed", {"body_part": ("BREASTS", "HIP")})


@pytest.mark.parametrize("table", [model._meta.db_table for model in history_models()])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET pgh_context = '{{}}'",
        "UPDATE {} SET pgh_created_at = now() - interval '1 year'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "INSERT INTO {} (pgh_label, pgh_created_at) VALUES ('created', '2020-01-01')",
    ],
)
def test_the_application_neither_changes_nor_forges_a_history(
    table: str, statement: str, as_application: Callable[[], object]
) -> None:
    as_application()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute(statement.format(table))


def test_the_owner_does_not_change_one_by_mistake() -> None:
    AddressFactory.create()
    ProductFactory.create()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in (
        "UPDATE customers_addresshistory SET city = ''",
        "UPDATE clinical_patienthistory SET customer_id = NULL",
        "DELETE FROM orders_producthistory",
        "DELETE FROM customers_addresshistory",
    ):
        PatientFactory.create(customer=CustomerFactory.create())
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            execute(statement)


def test_guards_are_put_up_again_without_harm() -> None:
    tracking.guard()
    ada = CustomerFactory.create(name="Ada")
    WAYS["SQL beside the triggers"](ada)
    assert told(ada)[0][0] == "changed"


def test_triggers_run_as_their_owner_and_are_planned_for_many_rows() -> None:
    """Planned for one row and then joined in loops, 20,000 changes take the square of that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosecdef, proconfig FROM pg_proc WHERE proname = ANY(%s)",
            [tracking._functions()],
        )
        functions = cursor.fetchall()
    assert len(functions) == 3 * len(history_models())
    for name, is_owners, config in functions:
        assert is_owners, name
        assert "enable_nestloop=off" in config, name
        assert "search_path=public, pg_temp" in config, name


def test_encrypting_anew_is_no_change() -> None:
    ada = CustomerFactory.create(name="Ada")
    execute("SET LOCAL dosette.reencrypting = 'on'")
    Customer.objects.update(name="Eve")
    execute("SET LOCAL dosette.reencrypting = 'off'")
    ada.refresh_from_db()
    assert (len(told(ada)), ada.version) == (1, 1)


def test_the_application_cannot_say_that_it_only_encrypts_anew(
    as_application: Callable[[], object],
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL dosette.reencrypting = 'on'")
        cursor.execute("SET LOCAL SESSION AUTHORIZATION dosette_test_application")
        cursor.execute("SELECT core_is_reencrypting()")
        assert cursor.fetchone() == (False,)
