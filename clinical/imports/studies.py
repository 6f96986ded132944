"""Studies from the clinic's old system (requirement B4)."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, ClassVar
from uuid import UUID

from clinical.imports.columns import decrypted, external_id_check, for_copy, index_of
from clinical.models import Patient, Study, StudyEvent
from core.encryption.blind_index import digest
from core.imports import (
    CLEARED,
    PLAIN_NUMBER,
    PLAIN_PHRASE,
    Check,
    Column,
    Difference,
    Importer,
    Problem,
    Report,
    Row,
    limits_of,
    own_ids,
    pages,
)


def _digest(values: Sequence[str]) -> str:
    """What tells this content from others, and nobody without our key what it is."""
    content = "\0".join(values).encode(errors="surrogateescape")
    return digest("clinical_study.import_key", blake2b(content, digest_size=20).hexdigest()).hex


def _description(text: str) -> str:
    """A description; there is no value yet that the word for none could empty."""
    return limits_of(Study, "description")("" if text.casefold() == CLEARED else text)


# SQL: the staged rows, each with its number among those of the same content.
_KEYED = """
    SELECT *,
        content || '-' || row_number() OVER (PARTITION BY content ORDER BY line) AS key,
        content_before || '-' || row_number() OVER (PARTITION BY content_before ORDER BY line)
            AS key_before
    FROM import_rows
"""


# Whose rows name no patient of the old system: no digest is this one.
NOBODY = UUID(int=0)
NOT_CHANGED = "Imports change no study, and it has another value. Change it in Dosette."
NAMES = ("urgency_level", "body_part", "description", "type", "patient_id", own_ids.NAME)
CONTENT = len(NAMES) - 1  # what a row without our own id is known by


class StudyImporter(Importer):
    """studies.csv. Its rows have no id, so a row is known by all that is in it.

    The k-th row of the same content is the k-th such study: equal rows are distinct studies, and
    a repeated import adds none, whichever program saved the file. A changed row is a new study:
    nothing says which one it was. Only exports name it, in `dosette_id`: such a row adds nothing,
    and is refused where it differs from the study.
    """

    noun = "studies"
    model = Study
    passed_over = frozenset({"state", "created_at"})
    holds_health_data = True
    columns = (
        Column("urgency_level", limits_of(Study, "urgency_level")),
        Column("body_part", limits_of(Study, "body_part"), plain=PLAIN_PHRASE),
        Column("description", _description),
        Column("type", limits_of(Study, "type")),
        Column("patient_id", external_id_check(), plain=PLAIN_NUMBER),
        own_ids.column(Study),
    )
    identified_by = ("patient_id", own_ids.NAME)
    derived = ("content", "content_before")
    staged: ClassVar[dict[str, str]] = {
        "urgency_level": "text",
        "body_part": "bytea",
        "description": "bytea",
        "type": "text",
        "patient": "uuid",
        "content": "text",
        "content_before": "text",
        "study": "bigint",
    }
    checks: ClassVar[Sequence[Check]] = (
        Check(
            "patient_id",
            """
            SELECT r.line, 'There is no such patient. Import the patients first.' AS reason
            FROM import_rows r LEFT JOIN clinical_patient p ON p.external_id_index = r.patient
            WHERE p.id IS NULL AND r.study = 0
            """,
        ),
    )

    def derive(self, values: list[str], cells: list[str]) -> list[str]:
        """A digest of the row's content, and that of it as it was before text was cleaned."""
        values, cells = values[:CONTENT], cells[:CONTENT]
        content = _digest(values)
        return [content, content if cells == values else _digest(cells)]

    def stage(self, rows: list[Row], report: Report) -> list[Row]:
        """The rows, their texts encrypted and their patients' ids as digests."""
        keys = [own_ids.key_of(Study, own_id) for row in rows if (own_id := row[1 + CONTENT])]
        there = Study.objects.select_related("patient").in_bulk(keys) if keys else {}
        staged = []
        for row in rows:
            own_id = row[1 + CONTENT]
            study = there.get(own_ids.key_of(Study, own_id)) if own_id else None
            if problems := list(_problems(row, study)):
                report.add_many(problems, len(problems))
            else:
                staged.append(_staged(row, study))
        return staged

    def differences(self, cursor: Any) -> Iterator[Difference]:
        """The studies that are not there yet: they are known by all that is in them."""
        for rows in pages(cursor):
            cursor.execute(
                f"""
                SELECT k.line FROM ({_KEYED}) k
                JOIN clinical_study s ON s.import_key IN (k.key, k.key_before)
                WHERE k.study = 0 AND k.line BETWEEN %s AND %s
                """,  # noqa: S608 - our own words
                [rows[0]["line"], rows[-1]["line"]],
            )
            there = {line for (line,) in cursor.fetchall()}
            new = [row for row in rows if not row["study"] and row["line"] not in there]
            named = Patient.objects.filter(external_id_index__in={row["patient"] for row in new})
            ids = dict(named.order_by().values_list("external_id_index", "external_id"))
            for row in new:
                cells = {name: row[name] for name in ("urgency_level", "type")}
                cells |= {n: decrypted(Study, n, row[n]) for n in ("body_part", "description")}
                cells["patient_id"] = ids.get(row["patient"], "")
                yield Difference(row["line"], True, {n: ("", cell) for n, cell in cells.items()})

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the studies that are not there yet, each with its event."""
        # LEFT JOIN: a patient who was deleted since the check is an error here, not a lost row.
        cursor.execute(
            f"""
            WITH keyed AS ({_KEYED}), added AS (
                INSERT INTO clinical_study
                    (patient_id, urgency_level, body_part, description, type, state, import_key,
                     created_at)
                SELECT p.id, r.urgency_level, r.body_part, r.description, r.type, 'registered',
                    r.key, now()
                FROM keyed r LEFT JOIN clinical_patient p ON p.external_id_index = r.patient
                WHERE r.study = 0 AND (r.key = r.key_before OR NOT EXISTS (
                    SELECT 1 FROM clinical_study s WHERE s.import_key = r.key_before
                ))
                ORDER BY r.line
                ON CONFLICT (import_key) DO NOTHING
                RETURNING id, state
            ), noted AS (
                INSERT INTO clinical_studyevent
                    (study_id, kind, from_state, to_state, at, actor, detail)
                SELECT id, 'created', '', state, now(), %s, %s::bytea FROM added ORDER BY id
            )
            SELECT count(*) FROM added
            """,  # noqa: S608 - our own words
            [by, for_copy(StudyEvent, "detail", "imported")],
        )
        created = cursor.fetchone()[0]
        _to_survivors(cursor)
        return created, 0


def _staged(row: Row, study: Study | None) -> Row:
    line, urgency, body_part, description, kind, patient_id, _, *contents = row
    return [
        line,
        urgency,
        for_copy(Study, "body_part", body_part),
        for_copy(Study, "description", description),
        kind,
        index_of(patient_id) if patient_id else NOBODY,
        *contents,
        study.pk if study else 0,
    ]


def _problems(row: Row, study: Study | None) -> Iterator[Problem]:
    """What is wrong with a row beside the study that it names, if it names one."""
    line, cells = row[0], dict(zip(NAMES, row[1:], strict=False))
    if study is None:
        if cells[own_ids.NAME]:
            yield Problem(line, own_ids.NAME, "There is no such study.")
        return
    for name in ("urgency_level", "body_part", "description", "type"):
        if cells[name] != getattr(study, name):
            yield Problem(line, name, NOT_CHANGED)
    if cells["patient_id"] not in ("", study.patient.external_id):
        yield Problem(line, "patient_id", NOT_CHANGED)


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
