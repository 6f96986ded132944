"""Histories are only ever added to, whoever asks the database for something else."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from pytest_django.fixtures import Settings

from core.database import append_only, roles
from core.database.append_only import append_only_models
from core.workflow import Event
from customers.tests.factories import CustomerFactory
from identity.models import AccessRecord
from notifications.models import Consent, NotificationEvent
from notifications.policy.opt_outs import opt_out
from notifications.services import notify
from orders.models import OrderEvent
from orders.tests.factories import placed_sale

pytestmark = pytest.mark.django_db
TRIGGERS = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"


def execute(statement: str, *values: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def refused(statement: str, match: str = "append-only") -> None:
    """The database refuses it, at the latest when the transaction ends."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        execute(statement)


def test_every_history_is_marked() -> None:
    events = {model for model in append_only_models() if issubclass(model, Event)}
    assert len(events) >= 8
    assert {AccessRecord, Consent, LogEntry} <= set(append_only_models())


@pytest.mark.parametrize("model", append_only_models(), ids=lambda model: model._meta.label)
def test_every_history_is_guarded(model: type[models.Model]) -> None:
    names = {str(name) for (name,) in execute(TRIGGERS, model._meta.db_table)}
    assert {"is_not_changed", "is_not_emptied", "is_not_deleted"} <= names


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders_orderevent SET actor = 'user:somebody-else'",
        "UPDATE orders_orderevent SET at = now() - interval '1 year'",
        "UPDATE orders_orderevent SET order_id = NULL",
        "DELETE FROM orders_orderevent",
        "SET LOCAL dosette.tests = off; TRUNCATE orders_orderevent CASCADE",
    ],
)
def test_an_event_is_neither_changed_nor_deleted(statement: str) -> None:
    event = placed_sale().events.get()
    refused(statement, "append-only|not-null")
    assert OrderEvent.objects.values().get() == OrderEvent.objects.filter(pk=event.pk).values()[0]


def test_a_history_goes_along_with_what_it_belongs_to() -> None:
    message = notify(CustomerFactory.create(), message="Hello")
    assert message.events.exists()
    message.delete()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not NotificationEvent.objects.exists()


def test_a_consent_stays_what_it_was() -> None:
    opt_out("sms", "+447451277972", reason="asked", customer=CustomerFactory.create())
    refused("UPDATE notifications_consent SET kind = 'opted-in'")
    refused("DELETE FROM notifications_consent")


@pytest.fixture
def as_application(settings: Settings) -> Callable[[], object]:
    """Become the role that the application has, with the rights that `migrate` gives it."""
    settings.DATABASE_APPLICATION_ROLE = "dosette_test_application"
    execute("CREATE ROLE dosette_test_application")
    append_only.guard()
    return partial(execute, "SET LOCAL ROLE dosette_test_application")


def test_the_application_works_and_owns_nothing(as_application: Callable[[], object]) -> None:
    as_application()
    customer = CustomerFactory.create()
    placed_sale(customer).events.get()
    customer.name = "Another Name"
    customer.save()
    notify(customer, message="Hello").delete()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert roles._role(connection) == (False, False)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE orders_orderevent DISABLE TRIGGER ALL",
        "DROP TRIGGER is_not_changed ON orders_orderevent",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE sql AS ''",
        "UPDATE identity_accessrecord SET reason = 'none'",
        "UPDATE orders_orderevent SET actor = 'nobody'",
        "TRUNCATE identity_accessrecord",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE ROLE somebody SUPERUSER",
        "COPY orders_order TO PROGRAM 'true'",
        "DELETE FROM django_migrations",
        "SELECT setval('identity_accessrecord_id_seq', 1)",
        "UPDATE orders_order SET id = 0",
        "INSERT INTO identity_user (id) VALUES (7)",
    ],
)
def test_the_application_cannot_switch_a_guard_off(
    statement: str, as_application: Callable[[], object]
) -> None:
    placed_sale()
    as_application()
    refused(statement, "permission denied|must be owner|append-only|Only roles|must be superuser")


def test_no_temporary_table_stands_for_what_a_history_belongs_to(
    as_application: Callable[[], object],
) -> None:
    placed_sale()
    execute("CREATE TEMP TABLE orders_order (id bigint) ON COMMIT DROP")
    execute("GRANT ALL ON orders_order TO dosette_test_application")
    as_application()
    refused("DELETE FROM public.orders_orderevent")


def test_production_refuses_a_superuser(settings: Settings) -> None:
    settings.DATABASE_REFUSES_SUPERUSER = True
    other = connection.copy()
    with pytest.raises(ImproperlyConfigured, match="is a superuser"):
        other.ensure_connection()
    assert other.connection is None


def test_a_check_of_the_deployment_names_a_superuser() -> None:
    assert [found.id for found in roles.check_role(databases=["default"])] == ["core.E001"]


def test_guards_are_put_up_again_without_harm() -> None:
    placed_sale()
    append_only.guard()
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderEvent.objects.update(actor="nobody")
