"""Patients and studies from the clinic's old system (requirement B4)."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db.models import Model

from clinical import births
from clinical.models import NAMELESS, Patient, Study, StudyEvent
from clinical.search_tokens import tokens_of
from core.encryption.blind_index import digest
from core.imports import (
    CLEARED,
    PLAIN_EMAIL,
    PLAIN_NUMBER,
    PLAIN_PHRASE,
    Check,
    Clean,
    Column,
    Difference,
    Importer,
    Problem,
    Report,
    Row,
    StagedRow,
    duplicates,
    identifier,
    limits_of,
    pages,
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


class _Known(NamedTuple):
    """A patient who is there."""

    pk: int
    first_name: str
    last_name: str
    birth_date: date
    birth_date_precision: str
    email: str

    @property
    def born(self) -> str:
        """The birth date as it is written."""
        return births.Born(self.birth_date, births.Precision(self.birth_date_precision)).written()


class _Values(NamedTuple):
    """What a row comes to beside the patient who is there."""

    first_name: str
    last_name: str
    born: str
    email: str

    def differ(self, known: _Known) -> bool:
        """Whether the patient is to be changed."""
        before = known.first_name, known.last_name, known.born, known.email.upper()
        return before != (self.first_name, self.last_name, self.born, self.email.upper())


def _resolved(cell: str, value: str) -> str:
    """An empty cell keeps the value, CLEARED empties it."""
    return value if cell == "" else "" if cell == CLEARED else cell


def _values(row: Row, known: _Known | None) -> _Values:
    _, first_name, last_name, born, email, _ = row
    if known is None:
        return _Values(
            _resolved(first_name, ""), _resolved(last_name, ""), born, _resolved(email, "")
        )
    return _Values(
        _resolved(first_name, known.first_name),
        _resolved(last_name, known.last_name),
        born or known.born,
        _resolved(email, known.email),
    )


def _known(**filters: Any) -> dict[UUID, _Known]:
    """The patients who are there, by the digest of their foreign id."""
    columns = ("external_id_index", *_Known._fields)
    rows = Patient.objects.filter(**filters).order_by().values_list(*columns)
    return {index: _Known(*values) for index, *values in rows}


def _bytes(model: type[Model], name: str, text: str) -> str:
    """A text as its encrypted column keeps it, in the form that COPY reads."""
    field: Any = model._meta.get_field(name)
    return f"\\x{field.encrypted(text).hex()}"


def _plain(model: type[Model], name: str, stored: Any) -> Any:
    """What stands in the table, decrypted."""
    field: Any = model._meta.get_field(name)
    return field.decrypted(stored)


def _index(external_id: str) -> UUID:
    field: Any = Patient._meta.get_field("external_id_index")
    index: UUID = field.digest_of(external_id)
    return index


class PatientImporter(Importer):
    """patients.csv. `id` is the old system's: a row whose id we know is that patient, updated.

    An empty cell keeps what is there, `(none)` empties it. An e-mail address in other capitals is
    the same one.
    """

    noun = "patients"
    model = Patient
    holds_health_data = True
    passed_over = frozenset({"customer", "created_at"})
    columns = (
        Column("first_name", _name("first_name"), plain=PLAIN_PHRASE),
        Column("last_name", _name("last_name"), plain=PLAIN_PHRASE),
        Column("birth_date", repeating(_birth_date), is_date=True),
        Column("email", limits_of(Patient, "email", clearable=True), plain=PLAIN_EMAIL),
        Column("id", _external_id(), plain=PLAIN_NUMBER),
    )
    # `id` is the foreign id's digest. Whoever is there and stays the same has action `none`.
    staged: ClassVar[dict[str, str]] = {
        "action": "text",
        "id": "text",
        "patient": "bigint",
        "first_name": "bytea",
        "last_name": "bytea",
        "birth_date": "bytea",
        "birth_date_precision": "text",
        "email": "bytea",
        "external_id": "bytea",
        "search_tokens": "bigint[]",
    }
    checks = (duplicates("id"),)

    def stage(self, rows: list[Row], report: Report) -> list[Row]:
        """The rows beside the patients who are there, encrypted; those to be changed locked."""
        indexes = [_index(row[-1]) for row in rows]
        known = _known(external_id_index__in=indexes)
        changing = [
            was.pk
            for row, index in zip(rows, indexes, strict=True)
            if (was := known.get(index)) and _values(row, was).differ(was)
        ]
        if changing and not report.dry_run:
            locked = Patient.objects.select_for_update(of=("self",), no_key=True)
            list(locked.filter(pk__in=changing).order_by("pk").values_list("pk"))
            known |= _known(pk__in=changing)  # as they are now: nobody else writes them
        return [
            staged
            for row, index in zip(rows, indexes, strict=True)
            if (staged := self._staged(row, index, known.get(index), report))
        ]

    def _staged(self, row: Row, index: UUID, known: _Known | None, report: Report) -> Row | None:
        """One row for the table; None for a bad one, which the report names."""
        line, external_id = row[0], row[-1]
        values = _values(row, known)
        if not values.born:
            report.add(Problem(line, "birth_date", "This may not be empty."))
        if not (values.first_name or values.last_name):
            report.add(Problem(line, "last_name", NAMELESS))
        if not (values.born and (values.first_name or values.last_name)):
            return None
        if known and not values.differ(known):
            return [line, "none", index, known.pk, *("",) * 6, "{}"]
        born = births.read(values.born)
        tokens = tokens_of(values.first_name, values.last_name, values.email, born)
        return [
            line,
            "change" if known else "create",
            index,
            known.pk if known else 0,
            _bytes(Patient, "first_name", values.first_name),
            _bytes(Patient, "last_name", values.last_name),
            _bytes(Patient, "birth_date", born.day.isoformat()),
            born.precision.value,
            _bytes(Patient, "email", values.email),
            _bytes(Patient, "external_id", external_id),
            f"{{{','.join(map(str, tokens))}}}",
        ]

    def differences(self, cursor: Any) -> Iterator[Difference]:
        """What would be, beside the patients who are there; decrypted."""
        for rows in pages(cursor):
            changed = [row["patient"] for row in rows if row["action"] == "change"]
            known = {was.pk: was for was in _known(pk__in=changed).values()}
            rows = [row for row in rows if row["action"] != "none"]
            yield from (_difference(row, known.get(row["patient"])) for row in rows)

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the unknown, update those that differ, leave the others alone."""
        columns = "first_name, last_name, birth_date, birth_date_precision, email, search_tokens"
        cursor.execute(
            f"""
            INSERT INTO clinical_patient
                ({columns}, external_id, external_id_index, created_at)
            SELECT {columns}, external_id, id::uuid, now()
            FROM import_rows WHERE action = 'create' ORDER BY line
            """  # noqa: S608 - columns of ours
        )
        created = cursor.rowcount
        changed = ", ".join(f"{name} = r.{name}" for name in columns.split(", "))
        cursor.execute(
            f"""
            UPDATE clinical_patient p SET {changed}
            FROM import_rows r WHERE r.action = 'change' AND p.id = r.patient
            """  # noqa: S608 - columns of ours
        )
        return created, cursor.rowcount


def _difference(row: StagedRow, known: _Known | None) -> Difference:
    born = births.Born(
        _plain(Patient, "birth_date", row["birth_date"]),
        births.Precision(row["birth_date_precision"]),
    )
    names = ("first_name", "last_name", "email")
    after = {name: _plain(Patient, name, row[name]) for name in names}
    after |= {"birth_date": born.written()}
    if known is None:
        after["id"] = _plain(Patient, "external_id", row["external_id"])
        return Difference(row["line"], True, {name: ("", cell) for name, cell in after.items()})
    before = {name: getattr(known, name) for name in names} | {"birth_date": known.born}
    if before["email"].upper() == after["email"].upper():
        after["email"] = before["email"]
    cells = {name: (before[name], cell) for name, cell in after.items() if cell != before[name]}
    return Difference(row["line"], False, cells, known.pk)


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


class StudyImporter(Importer):
    """studies.csv. Its rows have no id, so a row is known by all that is in it.

    The k-th row of the same content is the k-th such study: equal rows are distinct studies, and
    a repeated import adds none, whichever program saved the file. A changed row is a new study:
    nothing says which one it was.
    """

    noun = "studies"
    model = Study
    passed_over = frozenset({"study", "state", "created_at"})
    holds_health_data = True
    columns = (
        Column("urgency_level", limits_of(Study, "urgency_level")),
        Column("body_part", limits_of(Study, "body_part"), plain=PLAIN_PHRASE),
        Column("description", _description),
        Column("type", limits_of(Study, "type")),
        Column("patient_id", _external_id(), plain=PLAIN_NUMBER),
    )
    derived = ("content", "content_before")
    staged: ClassVar[dict[str, str]] = {
        "urgency_level": "text",
        "body_part": "bytea",
        "description": "bytea",
        "type": "text",
        "patient": "uuid",
        "content": "text",
        "content_before": "text",
    }
    checks: ClassVar[Sequence[Check]] = (
        Check(
            "patient_id",
            """
            SELECT r.line, 'There is no such patient. Import the patients first.' AS reason
            FROM import_rows r LEFT JOIN clinical_patient p ON p.external_id_index = r.patient
            WHERE p.id IS NULL
            """,
        ),
    )

    def derive(self, values: list[str], cells: list[str]) -> list[str]:
        """A digest of the row's content, and that of it as it was before text was cleaned."""
        content = _digest(values)
        return [content, content if cells == values else _digest(cells)]

    def stage(self, rows: list[Row], report: Report) -> list[Row]:
        """The rows, their texts encrypted and their patients' ids as digests."""
        return [
            [
                line,
                urgency,
                _bytes(Study, "body_part", body_part),
                _bytes(Study, "description", description),
                kind,
                _index(patient_id),
                *contents,
            ]
            for line, urgency, body_part, description, kind, patient_id, *contents in rows
        ]

    def differences(self, cursor: Any) -> Iterator[Difference]:
        """The studies that are not there yet: they are known by all that is in them."""
        for rows in pages(cursor):
            cursor.execute(
                f"""
                SELECT k.line FROM ({_KEYED}) k
                JOIN clinical_study s ON s.import_key IN (k.key, k.key_before)
                WHERE k.line BETWEEN %s AND %s
                """,  # noqa: S608 - our own words
                [rows[0]["line"], rows[-1]["line"]],
            )
            there = {line for (line,) in cursor.fetchall()}
            new = [row for row in rows if row["line"] not in there]
            named = Patient.objects.filter(external_id_index__in={row["patient"] for row in new})
            ids = dict(named.order_by().values_list("external_id_index", "external_id"))
            for row in new:
                cells = {name: row[name] for name in ("urgency_level", "type")}
                cells |= {n: _plain(Study, n, row[n]) for n in ("body_part", "description")}
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
                WHERE r.key = r.key_before OR NOT EXISTS (
                    SELECT 1 FROM clinical_study s WHERE s.import_key = r.key_before
                )
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
            [by, _bytes(StudyEvent, "detail", "imported")],
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
