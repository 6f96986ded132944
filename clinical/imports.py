"""Patients and studies from the clinic's old system (requirement B4)."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, ClassVar

from clinical import births
from clinical.models import NAMELESS, Patient, Study
from core.imports import (
    CLEARED,
    PLAIN_EMAIL,
    PLAIN_NUMBER,
    PLAIN_PHRASE,
    Check,
    Clean,
    Column,
    Importer,
    duplicates,
    emptied,
    identifier,
    limits_of,
    resolved,
)
from core.values import text as texts

# Names and dates come again and again, and what was valid once stays valid.
repeating = lru_cache(20_000)


def _birth_date(text: str) -> str:
    """A birth date, as far as it is known, as it is written; or nothing."""
    text = texts.token(text)
    return text and births.checked(text).written()


def _name(field: str) -> Clean:
    return repeating(limits_of(Patient, field, clearable=True))


def _external_id() -> Clean:
    return identifier(limits_of(Patient, "external_id", blank=False))


# SQL: the first day of a written date, month or year, and which of them it is.
_FIRST_DAY = "(NULLIF(r.birth_date, '') || substr('0000-01-01', length(r.birth_date) + 1))::date"
_PRECISION = (
    "CASE length(r.birth_date) WHEN 4 THEN 'year' WHEN 7 THEN 'month' WHEN 10 THEN 'day' END"
)


class PatientImporter(Importer):
    """patients.csv. `id` is the old system's: a row whose id we know is that patient, updated.

    An empty cell keeps what is there, `(none)` empties it. An e-mail address in other capitals is
    the same one.
    """

    noun = "patients"
    columns = (
        Column("first_name", _name("first_name"), plain=PLAIN_PHRASE),
        Column("last_name", _name("last_name"), plain=PLAIN_PHRASE),
        Column("birth_date", repeating(_birth_date), is_date=True),
        Column("email", limits_of(Patient, "email", clearable=True), plain=PLAIN_EMAIL),
        Column("id", _external_id(), plain=PLAIN_NUMBER),
    )
    checks = (
        duplicates("id"),
        emptied("birth_date", "clinical_patient", key="external_id", by="id"),
        Check(
            "last_name",
            f"""
            SELECT r.line, '{NAMELESS}' AS reason
            FROM import_rows r LEFT JOIN clinical_patient p ON p.external_id = r.id
            WHERE {resolved("first_name")} = '' AND {resolved("last_name")} = ''
            """,  # noqa: S608 - our own words
        ),
    )

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the unknown, update those that differ, leave the others alone."""
        cursor.execute(
            f"""
            WITH written AS (
                INSERT INTO clinical_patient AS was
                    (first_name, last_name, birth_date, birth_date_precision, email,
                     external_id, created_at)
                SELECT {resolved("first_name")}, {resolved("last_name")},
                    COALESCE({_FIRST_DAY}, p.birth_date),
                    COALESCE({_PRECISION}, p.birth_date_precision),
                    {resolved("email")}, r.id, now()
                FROM import_rows r LEFT JOIN clinical_patient p ON p.external_id = r.id
                ORDER BY line
                ON CONFLICT (external_id) DO UPDATE SET
                    first_name = EXCLUDED.first_name, last_name = EXCLUDED.last_name,
                    birth_date = EXCLUDED.birth_date,
                    birth_date_precision = EXCLUDED.birth_date_precision,
                    email = EXCLUDED.email
                WHERE (was.first_name, was.last_name, was.birth_date, was.birth_date_precision,
                       upper(was.email))
                    IS DISTINCT FROM (EXCLUDED.first_name, EXCLUDED.last_name,
                                      EXCLUDED.birth_date, EXCLUDED.birth_date_precision,
                                      upper(EXCLUDED.email))
                RETURNING (xmax = 0) AS created
            )
            SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM written
            """  # noqa: S608 - columns of ours
        )
        created, updated = cursor.fetchone()
        return created, updated


def _digest(values: Sequence[str]) -> str:
    return blake2b("\0".join(values).encode(errors="surrogateescape"), digest_size=20).hexdigest()


def _description(text: str) -> str:
    """A description; there is no value yet that the word for none could empty."""
    return limits_of(Study, "description")("" if text.casefold() == CLEARED else text)


class StudyImporter(Importer):
    """studies.csv. Its rows have no id, so a row is known by all that is in it.

    The k-th row of the same content is the k-th such study: equal rows are distinct studies, and
    a repeated import adds none, whichever program saved the file. A changed row is a new study:
    nothing says which one it was.
    """

    noun = "studies"
    columns = (
        Column("urgency_level", limits_of(Study, "urgency_level")),
        Column("body_part", limits_of(Study, "body_part"), plain=PLAIN_PHRASE),
        Column("description", _description),
        Column("type", limits_of(Study, "type")),
        Column("patient_id", _external_id(), plain=PLAIN_NUMBER),
    )
    derived = ("content", "content_before")
    checks: ClassVar[Sequence[Check]] = (
        Check(
            "patient_id",
            """
            SELECT r.line, 'There is no such patient. Import the patients first.' AS reason
            FROM import_rows r LEFT JOIN clinical_patient p ON p.external_id = r.patient_id
            WHERE p.id IS NULL
            """,
        ),
    )

    def derive(self, values: list[str], cells: list[str]) -> list[str]:
        """A digest of the row's content, and that of it as it was before text was cleaned."""
        content = _digest(values)
        return [content, content if cells == values else _digest(cells)]

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the studies that are not there yet, each with its event."""
        # LEFT JOIN: a patient who was deleted since the check is an error here, not a lost row.
        cursor.execute(
            """
            WITH keyed AS (
                SELECT *,
                    content || '-' || row_number() OVER (PARTITION BY content ORDER BY line)
                        AS key,
                    content_before || '-'
                        || row_number() OVER (PARTITION BY content_before ORDER BY line)
                        AS key_before
                FROM import_rows
            ), added AS (
                INSERT INTO clinical_study
                    (patient_id, urgency_level, body_part, description, type, state, import_key,
                     created_at)
                SELECT p.id, r.urgency_level, r.body_part, r.description, r.type, 'registered',
                    r.key, now()
                FROM keyed r LEFT JOIN clinical_patient p ON p.external_id = r.patient_id
                WHERE r.key = r.key_before OR NOT EXISTS (
                    SELECT 1 FROM clinical_study s WHERE s.import_key = r.key_before
                )
                ORDER BY r.line
                ON CONFLICT (import_key) DO NOTHING
                RETURNING id, state
            ), noted AS (
                INSERT INTO clinical_studyevent
                    (study_id, kind, from_state, to_state, at, actor, detail)
                SELECT id, 'created', '', state, now(), %s, 'imported' FROM added ORDER BY id
            )
            SELECT count(*) FROM added
            """,
            [by],
        )
        created = cursor.fetchone()[0]
        _to_survivors(cursor)
        return created, 0


def _to_survivors(cursor: Any) -> None:
    """Give the studies of records that were merged into others to those, along the chain.

    A statement of its own: it sees a merge that the one before has waited for.
    """
    moved = True
    while moved:
        cursor.execute(
            """
            UPDATE clinical_study s SET patient_id = p.merged_into_id
            FROM clinical_patient p WHERE p.id = s.patient_id AND p.merged_into_id IS NOT NULL
            """
        )
        moved = cursor.rowcount > 0
