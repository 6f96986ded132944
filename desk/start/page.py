"""The first page of the admin: what waits, what is late, and the days in figures."""

from typing import Any

from django.http import HttpRequest

from core.database import clock
from desk.admin.filters import visible_kinds
from desk.start import cards, health, pictures
from desk.start.rollup import Days


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the context with what this person may see."""
    waiting = cards.waiting(request)
    own = {
        "title": "Start",
        "cards": list(cards.cards(request, waiting)),
        "waiting": waiting,
        "mine": [each for each in waiting or () if each.is_mine],
        "for_others": [each for each in waiting or () if not each.is_mine],
        "health": health.health(request),
    }
    return context | own | _in_figures(request)


def _in_figures(request: HttpRequest) -> dict[str, Any]:
    seen = {kind.name for kind in visible_kinds(request)}
    days = Days(clock.today(), seen.__contains__)
    counted = pictures.figures(request, days)
    compared = pictures.compared(days.today)
    return {
        "counted_at": days.counted_at,
        "compared": compared,
        "rows": list(pictures.rows(counted, compared)),
        "pictures": [pictures.picture(figure, days.days) for figure in counted],
        "figures": [figure.title for figure in counted],
        "by_day": pictures.by_day(counted, days) if counted else [],
        "due": pictures.due(request, days),
    }
