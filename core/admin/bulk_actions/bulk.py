"""Actions on many rows: first what each would come to; then what was done, what was left out, and
why."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from core.admin.dialogs import REFUSALS, TICK_IN_BAR, refusal_text
from core.admin.form_tokens import FIELD

MOST_AT_ONCE = 200
TOO_MANY = "At most {} are done at once: choose the others again."
MOST_NAMED = 20  # of those that were left out for one reason
CONFIRMED = "confirmed"
_OWN = {"csrfmiddlewaretoken", FIELD, ACTION_CHECKBOX_NAME, "select_across", "index", CONFIRMED}

Verb = Callable[[Any], Any]


def seen_first(
    page: Any, request: HttpRequest, rows: QuerySet[Any], verb: Verb, done: str
) -> HttpResponse | None:
    """Show what the verb would do to each of the selected; once that was seen, do it and report.

    What it would do is found out by doing it and taking it back. Of more than `MOST_AT_ONCE` the
    first are done, and it is said that there are others.
    """
    chosen = list(rows.order_by("pk")[: MOST_AT_ONCE + 1])
    has_more = len(chosen) > MOST_AT_ONCE
    chosen = chosen[:MOST_AT_ONCE]
    if CONFIRMED in request.POST:
        report(page, request, [(row, _refusal(row, verb)) for row in chosen], done)
        if has_more:
            page.message_user(request, TOO_MANY.format(MOST_AT_ONCE), messages.WARNING)
        return None
    shown = [(row.pk, str(row), _state(row), _rehearsed(row, verb)) for row in chosen]
    carried = [(k, v) for k, values in request.POST.lists() if k not in _OWN for v in values]
    asked = dict(page.get_action_choices(request)).get(request.POST.get("action", ""), "")
    context = page.admin_site.each_context(request) | {
        "title": asked or done,
        "opts": page.opts,
        "rows": shown,
        "count": sum(not refusal for *_, refusal in shown),
        "carried": carried,
        "too_many": TOO_MANY.format(MOST_AT_ONCE) if has_more else "",
        "drawn_rows": chosen,
    }
    return TemplateResponse(request, "admin/core/bulk.html", context)


def report(page: Any, request: HttpRequest, outcomes: Iterable[tuple[Any, str]], done: str) -> None:
    """Say how many it was done to; and of the others, by reason, which they are."""
    left_out: dict[str, list[str]] = {}
    count = 0
    for row, refusal in outcomes:
        if refusal:
            left_out.setdefault(refusal, []).append(str(row))
        else:
            count += 1
    if count:
        page.message_user(request, f"{done}: {count}.", messages.SUCCESS)
    for refusal, names in left_out.items():
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        text = f"Left out {', '.join(names[:MOST_NAMED])}{more}: {refusal}"
        page.message_user(request, text, messages.WARNING)


def _refusal(row: Any, verb: Verb) -> str:
    """Do it; why it was refused, empty when it was done."""
    try:
        verb(row)
    except REFUSALS as refused:
        return refusal_text(refused, TICK_IN_BAR)
    return ""


def _rehearsed(row: Any, verb: Verb) -> str:
    """Why it would be refused; nothing is done."""
    with transaction.atomic():
        refusal = _refusal(row, verb)
        transaction.set_rollback(True)
    return refusal


def _state(row: Any) -> str:
    shown = getattr(row, "get_state_display", None)
    return str(shown()) if shown else ""
