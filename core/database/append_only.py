"""Rows that are only ever added: every history. The database itself refuses to change one.

Guarded are all models with `is_append_only`, whichever app they are in, and the admin's own log,
after each `migrate`: so no history can be forgotten. docs/decisions/0027-database-roles.md.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

ADMIN_LOG = "admin.LogEntry"

FUNCTIONS = """
-- Which columns may become NULL, because the row that they name is deleted, are the arguments.
CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb := to_jsonb(NEW);
    name text;
    i int;
BEGIN
    IF core_is_erasing() THEN
        RETURN NEW;
    END IF;
    -- Bytes by bytes: what is encrypted is encrypted anew (core/encryption/rewriting/rotation.py).
    IF core_is_reencrypting() THEN
        FOR name IN SELECT attname FROM pg_attribute WHERE attrelid = TG_RELID
            AND atttypid = 'bytea'::regtype AND NOT attisdropped LOOP
            IF octet_length(before ->> name) > 2 AND octet_length(after ->> name) > 2 THEN
                before := before - name;
                after := after - name;
            END IF;
        END LOOP;
    END IF;
    FOR i IN 0 .. TG_NARGS - 1 LOOP
        IF after ->> TG_ARGV[i] IS NULL THEN
            before := before - TG_ARGV[i];
            after := after - TG_ARGV[i];
        END IF;
    END LOOP;
    IF before = after THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only: UPDATE is refused.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- Asked at the commit: a row goes only along with one that it belongs to (table, column, …), in the
-- schema of the history: a temporary table of that name says nothing.
CREATE OR REPLACE FUNCTION core_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner_id text;
    is_there boolean;
    i int := 0;
BEGIN
    IF core_is_erasing() THEN
        RETURN NULL;
    END IF;
    WHILE i < TG_NARGS LOOP
        owner_id := to_jsonb(OLD) ->> TG_ARGV[i + 1];
        IF owner_id IS NOT NULL THEN
            EXECUTE format(
                'SELECT EXISTS (SELECT 1 FROM %I.%I WHERE id = $1)', TG_TABLE_SCHEMA, TG_ARGV[i])
                INTO is_there USING owner_id::bigint;
            IF NOT is_there THEN
                RETURN NULL;
            END IF;
        END IF;
        i := i + 2;
    END LOOP;
    RAISE EXCEPTION '% is append-only: DELETE is refused.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- The test suite empties all tables of its own databases, and says so when it connects.
CREATE OR REPLACE FUNCTION core_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('dosette.tests', true) = 'on' AND current_database() LIKE 'test\\_%' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: TRUNCATE is refused.', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- Whether the owner of the tables, in this session, only encrypts anew what is there: that changes
-- no record. The application cannot say so.
CREATE OR REPLACE FUNCTION core_is_reencrypting() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF coalesce(current_setting('dosette.reencrypting', true), '') <> 'on' THEN
        RETURN false;
    END IF;
    RETURN pg_has_role(session_user, relowner, 'MEMBER')
        FROM pg_class WHERE oid = to_regclass('public.identity_accessrecord');
END $$;

-- Whether one of the owner's functions erases a person (desk/personal_data/append_only/): in it
-- alone are we the owner. Who sets this by hand is not, and may not change a history anyhow.
CREATE OR REPLACE FUNCTION core_is_erasing() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF coalesce(current_setting('dosette.erasing', true), '') = '' THEN
        RETURN false;
    END IF;
    RETURN pg_has_role(current_user, relowner, 'MEMBER')
        FROM pg_class WHERE oid = to_regclass('public.identity_accessrecord');
END $$;

-- Nobody says when something was recorded but the database; the test suite plays with time.
CREATE OR REPLACE FUNCTION core_record_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_database() NOT LIKE 'test\\_%' THEN
        NEW.at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""


def append_only_models() -> list[type[models.Model]]:
    """Every model whose rows are only ever added."""
    marked = [model for model in apps.get_models() if getattr(model, "is_append_only", False)]
    return [*marked, apps.get_model(ADMIN_LOG)]


def guard(using: str = "default", **_: Any) -> None:
    """Put the triggers on every history, and give the application its rights; safe to repeat.

    After `migrate`, in its name: whoever owns the tables.
    """
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        for model in append_only_models():
            for statement in _triggers(model):
                cursor.execute(statement)
        if role := settings.DATABASE_APPLICATION_ROLE:
            for statement in _rights(connection, role):
                cursor.execute(statement)


def _triggers(model: type[models.Model]) -> Iterator[str]:
    table = f'"{model._meta.db_table}"'
    emptied = [f"'{key.column}'" for key in _emptied_keys(model)]
    owners = [f"'{key.related_model._meta.db_table}', '{key.column}'" for key in _owner_keys(model)]
    yield f"""
        CREATE OR REPLACE TRIGGER is_not_changed BEFORE UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION core_refuse_change({", ".join(emptied)})"""
    yield f"""
        CREATE OR REPLACE TRIGGER is_not_emptied BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_truncate()"""
    # There is no CREATE OR REPLACE for these.
    yield f"DROP TRIGGER IF EXISTS is_not_deleted ON {table}"
    yield f"""
        CREATE CONSTRAINT TRIGGER is_not_deleted AFTER DELETE ON {table}
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION core_refuse_delete({", ".join(owners)})"""
    if any(field.column == "at" for field in model._meta.concrete_fields):
        yield f"""
            CREATE OR REPLACE TRIGGER is_dated BEFORE INSERT ON {table}
            FOR EACH ROW EXECUTE FUNCTION core_record_time()"""


def _rights(connection: BaseDatabaseWrapper, role: str) -> Iterator[str]:
    """What the application may do: it owns nothing, and adds to histories without changing them.

    Rows of a history go along with what they belong to, so DELETE stays: the trigger decides.
    """
    to = connection.ops.quote_name(role)
    yield f"GRANT USAGE ON SCHEMA public TO {to}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {to}"
    yield f"GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {to}"
    yield f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {to}"
    for model in append_only_models():
        columns = ", ".join(f'"{key.column}"' for key in _emptied_keys(model))
        yield f'REVOKE UPDATE ON "{model._meta.db_table}" FROM {to}'
        if getattr(model, "is_written_by_triggers", False):  # of their owner's
            yield f'REVOKE INSERT, DELETE ON "{model._meta.db_table}" FROM {to}'
        if columns:  # the key of a row that is deleted is emptied
            yield f'GRANT UPDATE ({columns}) ON "{model._meta.db_table}" TO {to}'
        # Set back, it would give out keys that are taken: nothing could be recorded.
        yield f"""
            DO $$ BEGIN EXECUTE format('REVOKE UPDATE ON SEQUENCE %s FROM {to}',
                pg_get_serial_sequence('{model._meta.db_table}', '{model._meta.pk.column}'));
            END $$"""
    # Nothing comes back under a key that it had before, without its history.
    for owner in _owners():
        beside = [field for field in owner._meta.concrete_fields if not field.primary_key]
        others = ", ".join(f'"{field.column}"' for field in beside)
        yield f'REVOKE INSERT, UPDATE ON "{owner._meta.db_table}" FROM {to}'
        yield f'GRANT INSERT ({others}), UPDATE ({others}) ON "{owner._meta.db_table}" TO {to}'


def _keys(model: type[models.Model]) -> "list[models.ForeignKey[Any, Any]]":
    return [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def _emptied_keys(model: type[models.Model]) -> "list[models.ForeignKey[Any, Any]]":
    """Those that become NULL when the row that they name is deleted."""
    kept = models.DO_NOTHING  # names a row that may be gone
    return [key for key in _keys(model) if key.null and key.remote_field.on_delete is not kept]


def _owner_keys(model: type[models.Model]) -> "list[models.ForeignKey[Any, Any]]":
    """Those of the rows that take this one along when they are deleted."""
    return [key for key in _keys(model) if key.remote_field.on_delete is models.CASCADE]


def _owners() -> set[type[models.Model]]:
    return {key.related_model for model in append_only_models() for key in _owner_keys(model)}
