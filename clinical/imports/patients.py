"""Patients from the clinic's old system (requirement B4)."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from clinical import births
from clinical.imports.columns import decrypted, external_id_check, for_copy, index_of
from clinical.models import NAMELESS, Patient
from clinical.search_tokens import tokens_of
from core.imports import (
    CLEARED,
    PLAIN_EMAIL,
    PLAIN_NUMBER,
    PLAIN_PHRASE,
    Clean,
    Column,
    Difference,
    Importer,
    Problem,
    Report,
    Row,
    StagedRow,
    duplicates,
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
        Column("id", external_id_check(), plain=PLAIN_NUMBER),
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
        indexes = [index_of(row[-1]) for row in rows]
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
            for_copy(Patient, "first_name", values.first_name),
            for_copy(Patient, "last_name", values.last_name),
            for_copy(Patient, "birth_date", born.day.isoformat()),
            born.precision.value,
            for_copy(Patient, "email", values.email),
            for_copy(Patient, "external_id", external_id),
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
        decrypted(Patient, "birth_date", row["birth_date"]),
        births.Precision(row["birth_date_precision"]),
    )
    names = ("first_name", "last_name", "email")
    after = {name: decrypted(Patient, name, row[name]) for name in names}
    after |= {"birth_date": born.written()}
    if known is None:
        after["id"] = decrypted(Patient, "external_id", row["external_id"])
        return Difference(row["line"], True, {name: ("", cell) for name, cell in after.items()})
    before = {name: getattr(known, name) for name in names} | {"birth_date": known.born}
    if before["email"].upper() == after["email"].upper():
        after["email"] = before["email"]
    cells = {name: (before[name], cell) for name, cell in after.items() if cell != before[name]}
    return Difference(row["line"], False, cells, known.pk)
