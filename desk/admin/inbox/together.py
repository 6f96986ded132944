"""The same verb for many cases: what it will do to each is shown, then what was done, and why not.

A case that changes meanwhile is left out by its own verb, and the report says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import BooleanField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from unfold.widgets import UnfoldBooleanWidget

from core import cases
from core.admin.dialogs import REFUSALS
from core.bases import MixinBase
from core.cases import Action, handling
from core.cases.models import Case
from core.values.keys import is_key
from desk.admin.forms import decision_form
from desk.admin.inbox import verbs
from desk.exceptions.rights import CHANGE, may, roles_for
from identity.actors import actor_of

MOST = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, with what will become of it or did; `why` it is left out, if it is."""

    case: Case
    text: str = ""
    why: str = ""


class Together(MixinBase):
    """For the page of cases: one decision for the selected ones."""

    def get_urls(self) -> list[URLPattern]:
        """The page, before Django's own."""
        page = self.admin_site.admin_view(self.together_view)
        return [path("together/", page, name="core_case_together"), *super().get_urls()]

    def has_together_permission(self, request: HttpRequest) -> bool:
        """Whoever acts on cases at all."""
        return bool(request.user.has_perm(CHANGE))

    @admin.action(description="Decide on these together", permissions=["together"])
    def together(self, request: HttpRequest, rows: QuerySet[Case]) -> HttpResponse:
        """Lead to the page on which it is decided."""
        keys = rows.order_by("opened_at", "id").values_list("pk", flat=True)[:MOST]
        query = urlencode({"case": list(keys)}, doseq=True)
        return redirect(f"{reverse('admin:core_case_together')}?{query}")

    def together_view(self, request: HttpRequest) -> HttpResponse:
        """What can be done with these; what one of it would do; what it did."""
        if not self.has_together_permission(request):
            raise PermissionDenied
        keys = [key for key in request.GET.getlist("case") if is_key(key)][:MOST]
        rows = list(self.get_queryset(request).filter(pk__in=keys).order_by("opened_at", "id"))
        subjects = _subjects(rows)
        choice = _choice(rows, subjects, request)
        action = choice.get(request.GET.get("do", ""))
        context = self.admin_site.each_context(request) | {
            "title": "Decide on these together",
            "opts": self.opts,
            "rows": rows,
            "choice": [(each, _address(keys, each)) for each in choice.values()],
            "action": action,
            "back": reverse("admin:core_case_changelist"),
        }
        if action is not None:
            form = _form(action, request)
            if request.method == "POST" and form.is_valid():
                done = [_done(row, action, form, request) for row in rows]
                context["report"] = _sorted(done)
            else:
                seen = [_seen(row, subjects.get(row.pk), action, request) for row in rows]
                context |= {"form": form, "plan": _sorted(seen)}
        return render(request, "admin/core/case/together.html", context)


def _choice(
    rows: Sequence[Case], subjects: dict[int, Any], request: HttpRequest
) -> dict[str, Action]:
    """What can be done with at least one of them, by this person, with one form for all."""
    kinds = [cases.kind(name) for name in sorted({row.kind for row in rows})]
    names = {name for row in rows for name in verbs.offered(row, request.user)}
    known = {name: verbs.named(name, *kinds) for name in verbs.NAMES if name in names}
    choice = {name: verb for name, verb in known.items() if verb is not None}
    for row in rows:
        for action in cases.available_actions(row, subjects.get(row.pk)):
            if action.is_alike and may(request.user, action):
                choice.setdefault(action.name, action)
    return choice


def _form(action: Action, request: HttpRequest) -> Form:
    """The action's form, with a tick for those that something speaks against."""
    form = decision_form(action, None, request)
    if action.has_risk:
        form.fields["despite_risk"] = BooleanField(
            label="Also where something speaks against it",
            required=False,
            widget=UnfoldBooleanWidget(),
        )
        form.fields["reason"].help_text = "Why. Needed where something speaks against it."
    return form


def _seen(row: Case, subject: Any, action: Action, request: HttpRequest) -> Outcome:
    """What would become of it."""
    if action.name in verbs.NAMES:
        if action.name not in verbs.offered(row, request.user):
            return Outcome(row, why=_why_not(row, request))
        return Outcome(row)
    own = cases.kind(row.kind).action(action.name)
    if own is None:
        return Outcome(row, why="Its kind offers no such thing.")
    if not may(request.user, own):
        return Outcome(row, why=f"You may not. Who may: {', '.join(roles_for([own]))}.")
    if own not in cases.available_actions(row, subject):
        return Outcome(row, why="It is closed." if row.closed_at else "It is not possible now.")
    if row.assignee not in ("", actor_of(request)):
        return Outcome(row, why=f"{handling.name_of(row.assignee)} has taken it.")
    obstacle = own.risk(subject) if subject is not None else ""
    text = own.preview(subject) if subject is not None else ""
    return Outcome(row, text, f"Without the tick: {obstacle}" if obstacle else "")


def _why_not(row: Case, request: HttpRequest) -> str:
    if row.closed_at:
        return "It is closed."
    if row.assignee == actor_of(request):
        return "You have it already."
    return "It is not possible for you now."


def _done(row: Case, action: Action, form: Form, request: HttpRequest) -> Outcome:
    """Do it to one of them, as it is now; what became of it."""
    row.refresh_from_db()
    subject = cases.subject_of(row)
    seen = _seen(row, subject, action, request)
    ticked = bool(form.cleaned_data.get("despite_risk"))
    if seen.why and not (ticked and seen.why.startswith("Without the tick")):
        return Outcome(row, why=seen.why.removeprefix("Without the tick: "))
    try:
        with transaction.atomic():
            return Outcome(row, _run(row, action, dict(form.cleaned_data), actor_of(request)))
    except REFUSALS as refused:
        return Outcome(row, why=" ".join(getattr(refused, "messages", [str(refused)])))


def _run(row: Case, action: Action, given: dict[str, Any], by: str) -> str:
    if action.name in verbs.NAMES:
        given.pop("despite_risk", None)
        verbs.run(action, row, by=by, given=given, seen="")
        return ""
    own = cases.kind(row.kind).action(action.name)
    if own is None:
        return ""
    decision = {name: given.pop(name) for name in ("reason", "despite_risk") if name in given}
    return cases.act(row, own, by=by, fields=given, **decision)


def _sorted(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    return {
        "done": [each for each in outcomes if not each.why],
        "left_out": [each for each in outcomes if each.why],
    }


def _subjects(rows: Sequence[Case]) -> dict[int, Any]:
    """By case, what it is about: a statement for each kind."""
    return dict(_read(rows))


def _read(rows: Sequence[Case]) -> Iterator[tuple[int, Any]]:
    for name in {row.kind for row in rows}:
        some = [row for row in rows if row.kind == name]
        subjects = cases.kind(name).rows.in_bulk([row.subject_id for row in some])
        yield from ((row.pk, subjects.get(row.subject_id)) for row in some)


def _address(keys: Sequence[str], action: Action) -> str:
    return f"?{urlencode({'case': keys, 'do': action.name}, doseq=True)}"
