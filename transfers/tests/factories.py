"""Imports for tests."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import openpyxl

from identity.models import User
from identity.tests.factories import staff
from transfers.imports import services, work
from transfers.models import Import

CUSTOMERS = ["name", "phone_number", "email", "code"]
PATIENTS = ["first_name", "last_name", "birth_date", "email", "id"]


def csv_of(*rows: Sequence[Any]) -> bytes:
    """A CSV file of these rows."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def xlsx_of(*rows: Sequence[Any]) -> bytes:
    """A workbook of these rows."""
    workbook: Any = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(list(row))
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def uploaded(data: bytes, noun: str = "customers", by: User | None = None) -> Import:
    """An import that waits to be checked."""
    return services.upload(noun, [data], by=by or staff("manager"))


def checked(data: bytes, noun: str = "customers", by: User | None = None) -> Import:
    """An import that was checked."""
    job = uploaded(data, noun, by)
    work.run(job.pk)
    job.refresh_from_db()
    return job


def applied(job: Import) -> Import:
    """The import, applied by its owner."""
    services.apply(job, by=job.owner)
    work.run(job.pk)
    job.refresh_from_db()
    return job
