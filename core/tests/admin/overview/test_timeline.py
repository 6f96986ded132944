"""A timeline is read page by page, from several sources, each line once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.test import RequestFactory

from core.admin.overview import timeline
from core.admin.overview.panels import Line
from core.admin.overview.timeline import PAGE_SIZE, Source
from core.cases.models import Case, CaseEvent
from core.tests.admin.overview.test_panels import asked_by

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOURCES = [
    Source(
        "case",
        "core.view_case",
        lambda request, row: Case.objects.filter(pk=row.pk),
        lambda case: Line("opened"),
        at="opened_at",
    ),
    Source(
        "step",
        "core.view_caseevent",
        lambda request, row: row.events.all(),
        lambda step: Line(step.detail),
    ),
]


@pytest.fixture
def case() -> Case:
    """A case with two and a half pages of steps, three of them at each instant."""
    case = Case.objects.create(kind="k", subject_type="t", subject_id=1, title="a", opened_at=NOON)
    CaseEvent.objects.bulk_create(
        CaseEvent(case=case, kind="noted", at=NOON + timedelta(minutes=n // 3), detail=str(n))
        for n in range(PAGE_SIZE * 5 // 2)
    )
    return case


def read(case: Case, before: str = "", *rights: str) -> tuple[list[Line], str]:
    request = asked_by(*(rights or ("core.view_case", "core.view_caseevent")))
    request.GET = RequestFactory().get("/", {"before": before}).GET
    return timeline.read(SOURCES, request, case)


def test_the_pages_hold_each_line_once_the_latest_first(case: Case):
    texts: list[str] = []
    pages, before = 0, ""
    while pages == 0 or before:
        lines, before = read(case, before)
        texts += [line.text for line in lines]
        pages += 1
    steps = [str(n) for n in reversed(range(PAGE_SIZE * 5 // 2))]
    assert (texts, pages) == ([*steps, "opened"], 3)


def test_a_line_of_a_source_that_somebody_may_not_see_is_not_there(case: Case):
    lines, before = read(case, "", "core.view_case")
    assert ([line.text for line in lines], before) == (["opened"], "")
    assert lines[0].at == NOON


def test_a_page_costs_a_statement_a_source(case: Case, django_assert_num_queries: Any):
    with django_assert_num_queries(2):
        read(case)


@pytest.mark.parametrize(
    "before",
    ["x", "~~", "2026-01-31~step~1", "2026-01-31T12:00:00+00:00~step~x", f"{NOON}~step~{2**63}"],
)
def test_a_page_that_nobody_gave_is_refused(case: Case, before: str):
    with pytest.raises(BadRequest):
        read(case, before)
