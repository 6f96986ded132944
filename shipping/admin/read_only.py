"""What pages of shipping and kits share: rows that services make, verbs that may be refused."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import localtime

from core.admin.bulk_actions import bulk
from core.admin.dialogs import REFUSALS, go_to, opened_on, refusal_text
from core.admin.pages import LargeTableAdmin
from core.admin.read_only import ReadOnly
from identity.actors import actor_of

MOST_AT_ONCE = bulk.MOST_AT_ONCE


def to_the_second(moment: datetime | None) -> str:
    """On the clock of staff, with seconds and zone: events of one minute look alike otherwise."""
    return f"{localtime(moment):%d %b %Y, %H:%M:%S %Z}" if moment else "-"


class ReadOnlyAdmin(ReadOnly, LargeTableAdmin):
    """Staff look at the rows, and change them by the verbs in the action bar."""

    actions_detail_hide_default = True  # Django's own history knows nothing of them
    list_filter_submit = True
    list_disable_select_all = True
    ordering = ["-id"]

    def may(self, request: HttpRequest, object_id: Any, states: frozenset[str]) -> bool:
        """Whether this person may change such rows, and this one is in one of the states."""
        row = self.get_object(request, str(object_id)) if object_id else None
        fits = row is None or row.state in states
        name = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return fits and request.user.has_perm(name)

    def each(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        verb: Callable[..., Any],
        done: str,
        **options: Any,
    ) -> HttpResponse | None:
        """Show what it would do to each of the selected; once that was seen, do it, and say which
        were left out, and why."""
        act = partial(verb, by=actor_of(request), **options)
        return bulk.seen_first(self, request, rows, act, done)

    def one(
        self, request: HttpRequest, row: Model, verb: Callable[..., Any], done: str, **options: Any
    ) -> HttpResponse:
        """Do it to one, say so, and show it again."""
        try:
            verb(row, by=actor_of(request), **options)
        except REFUSALS as refused:
            self.message_user(request, f"{row}: {refusal_text(refused)}", messages.ERROR)
        else:
            self.message_user(request, f"{row}: {done}.", messages.SUCCESS)
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        own = reverse(f"{self.admin_site.name}:{name}", args=[row.pk])
        return go_to(request, opened_on(request, own))
