"""Nobody overwrites in the admin what they have not seen.

The form of a record brings back how far its history went when it was shown. Where that goes further
by now, nothing is saved: the page says whose changes came between and what they were, keeps what
was typed, and is saved on top of them when it is sent again.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest

from core.admin.changes.lines import Kept, Line, kept_of, lines_of
from core.bases import MixinBase
from core.values.keys import is_key

FIELD = "seen_history"
SHOWN = 20  # changes of a kind
CHANGED = (
    "%(who)s changed this after you opened it, so nothing was saved. What was changed stands "
    "below; what you typed is kept. Save again to put it on top: what you leave alone stays as "
    "they made it."
)


class NothingUnseen(MixinBase):
    """For pages of the admin whose records have a history."""

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any) -> Any:
        """The form. How far the history goes is read before the record: rather too little seen."""
        page: Any = request
        page.seen_history = request.POST.get(FIELD, "")
        if request.method != "POST" and object_id is not None and is_key(object_id):
            page.seen_history = _mark(_newest(kept_of(self.model, object_id)))
        return super().changeform_view(request, object_id, *args)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The form; one that is sent looks for changes that came between."""
        form = super().get_form(request, obj, **kwargs)
        if obj is None or request.method != "POST" or not request.POST.get(FIELD):
            return form
        return type(form)(form.__name__, (_SeenForm, form), {"sent_with": request})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """The form, with how far the history goes that it was made by."""
        page: Any = request
        context |= {
            "seen_field": FIELD,
            "seen_history": getattr(page, "seen_history", ""),
            "meanwhile": getattr(page, "meanwhile", []),
        }
        return super().render_change_form(request, context, *args, **kw)


class _SeenForm(MixinBase):
    """A form of a record that was sent, with `sent_with`: its request, which is one transaction."""

    sent_with: Any

    def clean(self) -> Any:
        """What was sent; an error of the whole form where changes came between."""
        cleaned = super().clean()
        form: Any = self
        model = type(form.instance)
        # Nobody changes it from here to the end.
        locked = model._default_manager.select_for_update(of=("self",), no_key=True)
        locked.filter(pk=form.instance.pk).first()
        kept = kept_of(model, form.instance.pk)
        newest, seen = _newest(kept), _numbers(self.sent_with.POST[FIELD], len(kept))
        if any(new > old for new, old in zip(newest, seen, strict=True)):
            between = _between(kept, seen)
            self.sent_with.meanwhile = between
            self.sent_with.seen_history = _mark(newest)
            latest = max((line for _, lines in between for line in lines), key=lambda each: each.at)
            form.add_error(None, ValidationError(CHANGED, "conflict", {"who": latest.actor}))
        return cleaned


def _newest(kept: Sequence[Kept]) -> list[int]:
    """How far each history goes: the key of its latest row, 0 for none. One statement."""
    if not kept:
        return []
    parts = (
        f'(SELECT coalesce(max(pgh_id), 0) FROM "{each.model._meta.db_table}" '  # noqa: S608 - ours
        f'WHERE "{each.column}" = %s)'
        for each in kept
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", [each.key for each in kept])
        return list(cursor.fetchone())


def _between(kept: Sequence[Kept], seen: Sequence[int]) -> list[tuple[str, list[Line]]]:
    """What was changed since, by history; of each the latest."""
    pages = ((each, each.rows.filter(pgh_id__gt=old)) for each, old in zip(kept, seen, strict=True))
    sections = ((each.title, lines_of(each.model, rows[:SHOWN])) for each, rows in pages)
    return [(title, lines) for title, lines in sections if lines]


def _mark(numbers: Sequence[int]) -> str:
    return ".".join(map(str, numbers))


def _numbers(mark: str, count: int) -> list[int]:
    """What a mark says; of one that is none that nothing was seen."""
    parts = mark.split(".")
    is_mark = len(parts) == count and all(is_key(part) or part == "0" for part in parts)
    return [int(part) for part in parts] if is_mark else [0] * count
