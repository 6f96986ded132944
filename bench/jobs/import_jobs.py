"""P6: the import of a file of patients."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import commands, world
from bench.jobs import Options, limits
from bench.report import Row
from clinical import births
from clinical.models import Patient
from clinical.search_tokens import tokens_of

COUNT, NAIVE_COUNT = 100_000, 3000
COLUMNS = (
    "first_name, last_name, birth_date, email, external_id, external_id_index, search_tokens, "
    "created_at, birth_date_precision"
)


def jobs(options: Options) -> Iterator[Row]:
    """New patients, by command."""
    row = Row(f"P6 import {COUNT:,} patients", limit_name="COPY into the table")
    peaks = []
    for number in range(options.runs):
        path = _file(COUNT, f"b{number}-")
        ran = commands.run("product", ["manage.py", "import_patients", str(path)])
        row.product.append(ran.by(COUNT))
        peaks.append(ran.peak)
        path = _file(NAIVE_COUNT, f"b{number}-")
        ran = commands.run("naive", ["-m", "bench.naive", "import", str(path)])
        row.naive.append(ran.by(NAIVE_COUNT))
        rows = (_stored(line.split("\t")) for line in _lines(COUNT, f"c{number}-", "\t"))
        row.limit.append(limits.copy("clinical_patient", COLUMNS, "\n".join(rows) + "\n"))
    row.note = f"with start-up; {max(peaks):.0f} MB at most; naive: {NAIVE_COUNT:,}"
    yield row


def _stored(cells: list[str]) -> str:
    """The cells as the table has them, for COPY: encrypted, with their indexes."""
    first_name, last_name, birth_date, email, external_id = cells
    names = ("first_name", "last_name", "birth_date", "email", "external_id")
    fields: list[Any] = [Patient._meta.get_field(name) for name in names]
    encrypted = [
        f"\\\\x{field.encrypted(cell).hex()}" for field, cell in zip(fields, cells, strict=True)
    ]
    index: Any = Patient._meta.get_field("external_id_index")
    tokens = tokens_of(first_name, last_name, email, births.read(birth_date))
    numbers = f"{{{','.join(map(str, tokens))}}}"
    return "\t".join([*encrypted, str(index.digest_of(external_id)), numbers, "now", "day"])


def _file(count: int, prefix: str) -> Path:
    path = world.VAR / "patients.csv"
    path.write_text("\n".join(["first_name,last_name,birth_date,email,id", *_lines(count, prefix)]))
    return path


def _lines(count: int, prefix: str, comma: str = ",") -> Iterator[str]:
    for n in range(count):
        fields = f"Jose {n}", "Villalobos", f"1955-04-{1 + n % 28:02}", f"p{n}@ejemplo.com"
        yield comma.join((*fields, f"{prefix}{n}"))
