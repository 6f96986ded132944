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
    own_ids,
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
    external_id_index: UUID | None
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
    _, first_name, last_name, born, email, *_ = row
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


class _Directory:
    """The patients who are there, by the digest of their foreign id and by our own id."""

    def __init__(self) -> None:
        self.by_index: dict[UUID | None, _Known] = {}
        self.by_pk: dict[int, _Known] = {}

    def read(self, **filters: Any) -> None:
        """Take in those who match, as they are now."""
        rows = Patient.objects.filter(**filters).order_by().values_list(*_Known._fields)
        for known in map(_Known._make, rows):
            self.by_pk[known.pk] = known
            if known.external_id_index:
                self.by_index[known.external_id_index] = known

    def of(self, row: "_Row") -> _Known | None:
        """Whom the row is of."""
        return self.by_pk.get(row.pk) if row.pk else self.by_index.get(row.digest)


class _Row(NamedTuple):
    """A row of the file, and whom it names: by the foreign id's digest, by our own id, or both."""

    cells: Row
    digest: UUID | None
    pk: int | None


class PatientImporter(Importer):
    """patients.csv. `id` is the old system's: a row whose id we know is that patient, updated.

    `dosette_id` is our own, as exports have it: it alone tells patients who came from no other
    system. An empty cell keeps what is there, `(none)` empties it. An e-mail address in other
    capitals is the same one.
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
        own_ids.column(Patient),
    )
    identified_by = ("id", own_ids.NAME)
    # `id` is the foreign id's digest, or our own id where there is none. Whoever is there and stays
    # the same has action `none`.
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
        named = [_named(row) for row in rows]
        known = _Directory()
        known.read(external_id_index__in=[row.digest for row in named if row.digest])
        if keys := [row.pk for row in named if row.pk]:
            known.read(pk__in=keys)
        changing = [
            was.pk
            for row in named
            if (was := known.of(row)) and _values(row.cells, was).differ(was)
        ]
        if changing and not report.dry_run:
            locked = Patient.objects.select_for_update(of=("self",), no_key=True)
            list(locked.filter(pk__in=changing).order_by("pk").values_list("pk"))
            known.read(pk__in=changing)  # as they are now: nobody else writes them
        return [staged for row in named if (staged := self._staged(row, known.of(row), report))]

    def _staged(self, row: _Row, known: _Known | None, report: Report) -> Row | None:
        """One row for the table; None for a bad one, which the report names."""
        line, values = row.cells[0], _values(row.cells, known)
        if problems := list(_problems(row, known, values)):
            report.add_many(problems, len(problems))
            return None
        index = known.external_id_index if known else row.digest
        name = index or own_ids.written(Patient, known.pk if known else 0)
        if known and not values.differ(known):
            return [line, "none", name, known.pk, *("",) * 6, "{}"]
        born = births.read(values.born)
        tokens = tokens_of(values.first_name, values.last_name, values.email, born)
        return [
            line,
            "change" if known else "create",
            name,
            known.pk if known else 0,
            for_copy(Patient, "first_name", values.first_name),
            for_copy(Patient, "last_name", values.last_name),
            for_copy(Patient, "birth_date", born.day.isoformat()),
            born.precision.value,
            for_copy(Patient, "email", values.email),
            for_copy(Patient, "external_id", row.cells[5]),
            f"{{{','.join(map(str, tokens))}}}",
        ]

    def differences(self, cursor: Any) -> Iterator[Difference]:
        """What would be, beside the patients who are there; decrypted."""
        for rows in pages(cursor):
            changed = [row["patient"] for row in rows if row["action"] == "change"]
            known = _Directory()
            known.read(pk__in=changed)
            rows = [row for row in rows if row["action"] != "none"]
            yield from (_difference(row, known.by_pk.get(row["patient"])) for row in rows)

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


def _named(cells: Row) -> _Row:
    external_id, own_id = cells[5], cells[6]
    index = index_of(external_id) if external_id else None
    return _Row(cells, index, own_ids.key_of(Patient, own_id) if own_id else None)


def _problems(row: _Row, known: _Known | None, values: _Values) -> Iterator[Problem]:
    """What is wrong with a row beside the patient who is there, or is not."""
    line = row.cells[0]
    if row.pk and not known:
        yield Problem(line, own_ids.NAME, "There is no such patient.")
        return
    if known and row.digest not in (None, known.external_id_index):
        yield Problem(line, "id", "This is not the id of the patient whom dosette_id names.")
    if not values.born:
        yield Problem(line, "birth_date", "This may not be empty.")
    if not (values.first_name or values.last_name):
        yield Problem(line, "last_name", NAMELESS)


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
