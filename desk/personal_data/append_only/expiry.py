"""The function of the database that removes old lines of the access log, and nothing else.

As `function.py`, in the name of the tables' owner. It removes no line of the last year, whoever
asks, and puts on record what it removed: in a table that is only added to.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from desk.personal_data.append_only.installing import install

NAME = "access log"
EXPIRE = """
CREATE OR REPLACE FUNCTION desk_expire_access_log(before timestamptz, most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    IF before IS NULL OR before > clock_timestamp() - interval '365 days' THEN
        RAISE EXCEPTION 'The access log of the last 365 days stays.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM set_config('dosette.erasing', 'access log', true);
    SET CONSTRAINTS public.is_not_deleted IMMEDIATE;
    DELETE FROM identity_accessrecord WHERE id IN (
        SELECT id FROM identity_accessrecord WHERE at < before ORDER BY at LIMIT most);
    GET DIAGNOSTICS done = ROW_COUNT;
    SET CONSTRAINTS public.is_not_deleted DEFERRED;
    PERFORM set_config('dosette.erasing', '', true);
    IF done > 0 THEN
        INSERT INTO desk_retentionrun (at, what, rows)
            VALUES (clock_timestamp(), 'access log', done);
    END IF;
    RETURN done;
END $$
"""


def put_up(using: str = "default", **_: Any) -> None:
    """Put the function into the database; after each `migrate`, safe to repeat."""
    function = "desk_expire_access_log(timestamptz, int)"
    install(using, [EXPIRE], function=function, needs="desk_retentionrun")


def expire_access_log(before: datetime, most: int) -> int:
    """Remove at most so many lines of before this moment; how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT desk_expire_access_log(%s, %s)", [before, most])
        count: int = cursor.fetchone()[0]
    return count
