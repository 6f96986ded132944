"""What an import would do, kept in pages so that somebody can look at it; the first rows of each
kind, however many there are."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from core.imports import Difference, Report
from transfers.models import Import, ImportPreview

PAGE = 50  # rows
MOST_PAGES = 20
Kind = ImportPreview.Kind
Line = dict[str, Any]


class Collector:
    """Takes the differences of an import: counts them, keeps the first, and makes a fingerprint."""

    def __init__(self) -> None:
        self.counts = {Kind.CREATED: 0, Kind.CHANGED: 0}
        self._kept: dict[Kind, list[Line]] = {Kind.CREATED: [], Kind.CHANGED: []}
        self._digest = hmac.new(settings.SECRET_KEY.encode(), b"transfers.previews", hashlib.sha256)

    def take(self, differences: Iterator[Difference]) -> None:
        """Look at all of them."""
        for each in differences:
            kind = Kind.CREATED if each.is_new else Kind.CHANGED
            self.counts[kind] += 1
            line = {"line": each.line, "cells": each.cells, "patient": each.patient}
            self._digest.update(json.dumps([each.is_new, line]).encode())
            if len(self._kept[kind]) < PAGE * MOST_PAGES:
                self._kept[kind].append(line)

    @property
    def figures(self) -> tuple[int, int]:
        """How many rows are new, and how many change."""
        return self.counts[Kind.CREATED], self.counts[Kind.CHANGED]

    @property
    def fingerprint(self) -> str:
        """A keyed digest of all that was taken."""
        return self._digest.hexdigest()

    def keep(self, job: Import) -> None:
        """Replace what is kept of the import."""
        _replace(job, self._kept)


def keep_problems(job: Import, report: Report) -> None:
    """Keep why the file is refused."""
    lines = [{"line": p.line, "column": p.column, "reason": p.reason} for p in report.problems]
    _replace(job, {Kind.REFUSED: lines})


def _replace(job: Import, lines: dict[Kind, list[Line]]) -> None:
    job.previews.all().delete()
    ImportPreview.objects.bulk_create(
        ImportPreview(job=job, kind=kind, page=start // PAGE + 1, content=json.dumps(part))
        for kind, kept in lines.items()
        for start in range(0, len(kept), PAGE)
        for part in [kept[start : start + PAGE]]
    )


def page_of(job: Import, kind: str, page: int) -> list[Line]:
    """A page of what is kept; empty where there is none."""
    kept = job.previews.filter(kind=kind, page=page).first()
    lines: list[Line] = json.loads(kept.content) if kept else []
    return lines
