"""Patients and studies from the clinic's old system (requirement B4)."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, ClassVar

from clinical.models import NAMELESS, Patient, Study
from core.imports import Check, Column, Importer, duplicates, limits_of

# Names and dates come again and again, and what was valid once stays valid.
repeating = lru_cache(20_000)


class PatientImporter(Importer):
    """patients.csv. `id` is the old system's: a row whose id we know is that patient, updated."""

    noun = "patients"
    columns = (
        Column("first_name", repeating(limits_of(Patient, "first_name"))),
        Column("last_name", repeating(limits_of(Patient, "last_name"))),
        Column("birth_date", repeating(limits_of(Patient, "birth_date"))),
        Column("email", limits_of(Patient, "email")),
        Column("id", limits_of(Patient, "external_id", blank=False)),
    )
    checks = (
        duplicates("id"),
        Check(
            "last_name",
            f"SELECT line, '{NAMELESS}' AS reason FROM import_rows "  # noqa: S608 - our own words
            "WHERE first_name = '' AND last_name = ''",
        ),
    )

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the unknown, update those that differ, leave the others alone.

        A name that is left empty keeps what is known.
        """
        cursor.execute(
            """
            WITH written AS (
                INSERT INTO clinical_patient AS p
                    (first_name, last_name, birth_date, email, external_id, created_at)
                SELECT first_name, last_name, birth_date::date, email, id, now()
                FROM import_rows ORDER BY line
                ON CONFLICT (external_id) DO UPDATE SET
                    first_name = COALESCE(NULLIF(EXCLUDED.first_name, ''), p.first_name),
                    last_name = COALESCE(NULLIF(EXCLUDED.last_name, ''), p.last_name),
                    birth_date = EXCLUDED.birth_date, email = EXCLUDED.email
                WHERE (p.first_name, p.last_name, p.birth_date, p.email)
                    IS DISTINCT FROM (COALESCE(NULLIF(EXCLUDED.first_name, ''), p.first_name),
                                      COALESCE(NULLIF(EXCLUDED.last_name, ''), p.last_name),
                                      EXCLUDED.birth_date, EXCLUDED.email)
                RETURNING (xmax = 0) AS created
            )
            SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM written
            """
        )
        created, updated = cursor.fetchone()
        return created, updated


class StudyImporter(Importer):
    """studies.csv. Its rows have no id, so a row is known by all that is in it.

    The k-th row of the same content is the k-th such study: equal rows are distinct studies, and
    a repeated import adds none. A changed row is a new study: nothing says which one it was.
    """

    noun = "studies"
    columns = (
        Column("urgency_level", limits_of(Study, "urgency_level")),
        Column("body_part", limits_of(Study, "body_part")),
        Column("description", limits_of(Study, "description")),
        Column("type", limits_of(Study, "type")),
        Column("patient_id", limits_of(Patient, "external_id", blank=False)),
    )
    derived = ("content",)
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

    def derive(self, values: list[str]) -> list[str]:
        """A digest of the row's content."""
        return [blake2b("\0".join(values).encode(), digest_size=20).hexdigest()]

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the studies that are not there yet, each with its event."""
        # LEFT JOIN: a patient who was deleted since the check is an error here, not a lost row.
        cursor.execute(
            """
            WITH added AS (
                INSERT INTO clinical_study
                    (patient_id, urgency_level, body_part, description, type, state, import_key,
                     created_at)
                SELECT p.id, r.urgency_level, r.body_part, r.description, r.type, 'registered',
                    r.content || '-' || row_number() OVER (PARTITION BY r.content ORDER BY r.line),
                    now()
                FROM import_rows r LEFT JOIN clinical_patient p ON p.external_id = r.patient_id
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
        return cursor.fetchone()[0], 0
