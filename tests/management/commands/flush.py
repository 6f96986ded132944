"""After a test with real transactions: the database is again as `migrate` left it.

Django's own command cuts off every table, writes each anew on the disk and then lets all apps
fill them again: two thirds of a second. Here what migrations put in is kept beside, and only rows
that differ are touched.
"""

from typing import Any

from django.core.management.commands import flush
from django.db import connections

KEEP = """
DO $$
DECLARE
    name text;
    is_filled boolean;
BEGIN
    DROP SCHEMA IF EXISTS as_migrated CASCADE;
    CREATE SCHEMA as_migrated;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO is_filled;
        IF is_filled AND name <> 'django_migrations' THEN
            EXECUTE format('CREATE TABLE as_migrated.%1$I AS TABLE public.%1$I', name);
        END IF;
    END LOOP;
END $$
"""
# Replicas fire no triggers: neither those that guard histories nor those of foreign keys.
PUT_BACK = """
DO $$
DECLARE
    columns text;
    counted text;
    name text;
    names text[] := ARRAY(
        SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'django_migrations' ORDER BY 1);
BEGIN
    -- Whoever still writes, such as a thread of a server, comes to its end first.
    EXECUTE 'LOCK TABLE ' || (SELECT string_agg(format('public.%I', each), ', ')
        FROM unnest(names) AS each) || ' IN EXCLUSIVE MODE';
    SET LOCAL session_replication_role = replica;
    FOREACH name IN ARRAY names LOOP
        IF to_regclass(format('as_migrated.%I', name)) IS NULL THEN
            EXECUTE format('DELETE FROM public.%I', name);
            CONTINUE;
        END IF;
        SELECT string_agg(quote_ident(column_name), ', ') INTO columns
            FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = name AND is_generated = 'NEVER';
        EXECUTE format('DELETE FROM public.%1$I AS now WHERE NOT EXISTS (
            SELECT FROM as_migrated.%1$I AS kept WHERE kept::text = now::text)', name);
        EXECUTE format('INSERT INTO public.%1$I (%2$s) SELECT %2$s FROM as_migrated.%1$I AS kept
            WHERE NOT EXISTS (SELECT FROM public.%1$I AS now WHERE now::text = kept::text)',
            name, columns);
        -- A test may have begun to count anew.
        SELECT column_name INTO counted FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = name AND is_identity = 'YES';
        IF FOUND THEN
            EXECUTE format('SELECT setval(pg_get_serial_sequence(%1$L, %2$L), greatest(
                nextval(pg_get_serial_sequence(%1$L, %2$L)), max(%2$I))) FROM public.%1$I',
                name, counted);
        END IF;
    END LOOP;
END $$
"""


def keep() -> None:
    """Keep what migrations put in, in a schema of its own."""
    with connections["default"].cursor() as cursor:
        cursor.execute(KEEP)


class Command(flush.Command):
    """Put back what `keep` kept, and nothing else."""

    def handle(self, **options: Any) -> None:
        """Do it in the database that is named."""
        with connections[options["database"]].cursor() as cursor:
            cursor.execute(PUT_BACK)
