"""The function of the database that empties columns of histories for an erasure, and nothing else.

It runs in the name of the tables' owner, whom the guards of histories let pass only inside of it
(core/database/append_only.py). It empties the columns that `tables.py` lists, of the person whom an
erasure is about that two people have decided on and that is being done in this transaction, and
puts on record what it did. It is put up anew after each `migrate`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection

from core.history.changes import changes
from desk.personal_data.append_only.installing import install
from desk.personal_data.append_only.tables import BY_NAME, EMPTIED, Emptied
from desk.personal_data.parts import Subject

KEYS = """
CREATE OR REPLACE FUNCTION desk_keys_of(kind text, subject bigint) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH RECURSIVE records (id) AS (
        SELECT subject
        UNION
        SELECT p.id FROM clinical_patient p JOIN records r ON p.merged_into_id = r.id
        WHERE kind = 'patient'
    )
    SELECT array_agg(id) FROM records
$$
"""
ERASE = """
CREATE OR REPLACE FUNCTION desk_erase(erasure bigint, what text, changed jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked desk_erasure%ROWTYPE;
    keys bigint[];
    done bigint;
BEGIN
    SELECT * INTO asked FROM desk_erasure WHERE id = erasure FOR UPDATE;
    IF asked.state IS DISTINCT FROM 'erasing' OR asked.decided_by_id IS NULL
        OR asked.decided_by_id = asked.requested_by_id THEN
        RAISE EXCEPTION 'Nothing is erased but by an erasure that two people have decided on.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    keys := desk_keys_of(asked.kind, asked.subject);
    PERFORM set_config('dosette.erasing', erasure::text, true);
    CASE asked.kind || ' ' || what
{cases}
    END CASE;
    GET DIAGNOSTICS done = ROW_COUNT;
    PERFORM set_config('dosette.erasing', '', true);
    INSERT INTO desk_erasurestep (erasure_id, what, rows, at)
        VALUES (erasure, what, done, clock_timestamp());
    RETURN done;
END $$
"""
# Which fields a change was about stays, where their values go.
WHICH = """
    pgh_context = (coalesce(pgh_context, '{{}}') - 'reason') || jsonb_build_object('erased',
        coalesce(pgh_context -> 'erased', '[]') || coalesce((
            SELECT jsonb_agg(each.field)
            FROM jsonb_array_elements_text(coalesce(changed -> pgh_id::text, '[]')) AS each (field)
            WHERE each.field = ANY(ARRAY[{names}])
        ), '[]'))"""


def put_up(using: str = "default", **_: Any) -> None:
    """Put the functions into the database; after each `migrate`, safe to repeat."""
    erase = ERASE.replace("{cases}", "\n".join(map(_case, EMPTIED)))
    function = "desk_erase(bigint, text, jsonb)"
    install(using, [KEYS, erase], function=function, needs="desk_erasurestep")


def _case(each: Emptied) -> str:
    empty = [f'"{name}" = {value}' for name, value in each.values.items()]
    if each.is_history:
        names = ", ".join(f"'{name}'" for name in each.columns)
        empty.append(WHICH.format(names=names))
    table = each.model._meta.db_table
    return f"""
    WHEN '{each.kind} {each.name}' THEN
        UPDATE "{table}" SET {", ".join(empty)} WHERE {each.condition("keys")};"""  # noqa: S608 - names of ours


def empties(*names: str) -> Callable[[Subject], int]:
    """What a Part erases: the columns of these names in `tables.py`."""
    return lambda subject: sum(empty(BY_NAME[name], subject) for name in names)


def empty(each: Emptied, subject: Subject) -> int:
    """Empty these columns in the rows of somebody; how many there were.

    They are counted alone where no erasure is being done: for its preview.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT desk_keys_of(%s, %s)", [subject.kind, subject.key])
        keys: list[int] = cursor.fetchone()[0]
        if subject.erasure is None:
            table, condition = each.model._meta.db_table, each.condition("%(keys)s::bigint[]")
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {condition}', {"keys": keys})  # noqa: S608 - names of ours
        else:
            changed = json.dumps(_changed(each, keys)) if each.is_history else "{}"
            cursor.execute("SELECT desk_erase(%s, %s, %s)", [subject.erasure, each.name, changed])
        count: int = cursor.fetchone()[0]
    return count


def _changed(each: Emptied, keys: Sequence[int]) -> Mapping[int, list[str]]:
    """Each change of the person's records, and which of these fields it was about."""
    history: Any = each.model
    owner = history.part_of or "id"
    rows = history.objects.filter(**{f"{owner}__in": keys}).order_by("-pgh_id")
    names_of = {
        change.row.pk: [
            part.field.name for part in change.fields if part.field.name in each.columns
        ]
        for change in changes(rows)
    }
    return {key: names for key, names in names_of.items() if names}
