"""The exceptions queue in the admin: one list, a page for each case, a page for each action."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, Value
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from unfold.decorators import display

from core import cases
from core.admin.dialogs import REFUSALS
from core.admin.pages import HistoryInline, LargeTableAdmin
from core.admin.read_only import ReadOnly
from core.cases import Action, Listed
from core.cases.models import Case, CaseEvent
from core.database import clock
from core.database.folding import Folded
from core.values.text import reference
from desk.admin.filters import AgeFilter, KindFilter, OpenFilter, SourceFilter, visible_kinds
from desk.admin.forms import DecisionForm, decision_form
from identity.actors import actor_of
from identity.rights.roles import roles_with

AGES = (
    (timedelta(days=3), "danger"),
    (timedelta(days=1), "warning"),
    (timedelta(0), "info"),
)
AGE_COLOURS = {"danger": "danger", "warning": "warning", "info": "info", "closed": "success"}
EARLIER = 10
COUNTED = 10_000
LINK = '<a class="text-link" href="{}">{}: {}</a>'
CHANGE = "core.change_case"


class StepInline(HistoryInline):
    """What was done about it."""

    model = CaseEvent
    fields = ["at", "what", "actor", "detail"]

    @cached_property
    def kind_labels(self) -> Mapping[str, str]:  # type: ignore[override]  # read once an instance
        """The labels of actions, those that all kinds of cases call alike."""
        actions = [action for kind in cases.kinds() for action in kind.actions]
        labels = {(action.name, action.label) for action in actions}
        names = Counter(name for name, _ in labels)
        return {name: label for name, label in labels if names[name] == 1}


@admin.register(Case)
class CaseAdmin(ReadOnly, LargeTableAdmin):
    """What somebody must look at, the oldest first. Everybody sees the kinds of their work."""

    nothing_here = "No open exceptions."
    list_display = ["age", "shown_kind", "title", "happened", "said", "source"]
    list_display_links = ["title"]
    list_filter = [OpenFilter, KindFilter, AgeFilter, SourceFilter]
    actions_detail_hide_default = True  # Django's own history knows nothing of them
    list_disable_select_all = True
    sortable_by: list[str] = []
    ordering = ["opened_at", "id"]
    search_help_text = "The beginning of a title: a shipment's reference, a message's number."
    list_before_template = "admin/core/case/counts.html"
    change_form_before_template = "admin/core/case/above.html"
    inlines = [StepInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("shown_kind", "source"),
                    "subject",
                    "happened",
                    "said",
                    "answer",
                    "lists",
                    "opened_at",
                ]
            },
        ),
        ("Earlier cases of the same", {"fields": ["earlier"]}),
    ]
    end = ("How it ended", {"fields": [("closed_at", "closed_by"), "closing_reason"]})
    readonly_fields = ["shown_kind", "subject", "answer", "lists", "earlier"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Those that this person may see."""
        names = [kind.name for kind in visible_kinds(request)]
        rows: QuerySet[Case] = super().get_queryset(request).filter(kind__in=names)
        return rows

    def search(self, queryset: QuerySet[Case], text: str) -> QuerySet[Case]:
        """By the title's beginning, a reference however it is typed; open cases are few."""
        conditions = Q()
        for start in {text, reference(text) or text}:
            conditions |= Q(folded__startswith=Folded(Value(start)))
        return queryset.alias(folded=Folded("title")).filter(conditions)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """How it ended only when it has."""
        about, *others = self.fieldsets
        return [about, self.end, *others] if obj and obj.closed_at else self.fieldsets

    @display(description="open for", label=AGE_COLOURS)
    def age(self, case: Case) -> tuple[str, str]:
        """How long it was, or is, open, in its colour."""
        end = case.closed_at or clock.now()
        colour = next(colour for least, colour in AGES if end - case.opened_at >= least)
        return ("closed" if case.closed_at else colour), timesince(case.opened_at, end, depth=1)

    @display(description="kind")
    def shown_kind(self, case: Case) -> str:
        """The kind, in words."""
        return cases.kind(case.kind).label

    @display(description="about")
    def subject(self, case: Case) -> str:
        """A link to what it is about."""
        label = case.subject_type.replace(".", "_")
        try:
            url = reverse(f"admin:{label}_change", args=[case.subject_id])
        except NoReverseMatch:
            return case.title
        return format_html('<a class="text-link" href="{}">{}</a>', url, case.title)

    @display(description="in their words")
    def answer(self, case: Case) -> str:
        """What the other side wrote last. Whoever sees this page sees the addresses in it."""
        return getattr(cases.subject_of(case), "last_answer", "") or "-"

    @display(description="to look at")
    def lists(self, case: Case) -> str:
        """How many rows it is about beside its subject, each kind as a link to their list."""
        subject = cases.subject_of(case)
        lists = cases.kind(case.kind).lists(subject) if subject is not None else ()
        return format_html_join(", ", LINK, map(_counted, lists)) or "-"

    @display(description="earlier")
    def earlier(self, case: Case) -> str:
        """What was wrong with the same before, and how it ended."""
        same = Case.objects.filter(subject_type=case.subject_type, subject_id=case.subject_id)
        endings = [
            f"{old.opened_at:%Y-%m-%d %H:%M} {cases.kind(old.kind).label}: {old.closing_reason}"
            for old in same.filter(pk__lt=case.pk).order_by("-id")[:EARLIER]
        ]
        return "; ".join(endings) or "none"

    # --- Acting -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """A page for each action that any kind has."""
        names = dict.fromkeys(action.name for kind in cases.kinds() for action in kind.actions)
        pages = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(partial(self.act, name=name)),
                name=f"core_case_{name}",
            )
            for name in names
        ]
        return [*pages, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the open ones counted by kind."""
        open_ones = self.get_queryset(request).filter(closed_at=None).order_by()
        counts = dict(open_ones.values_list("kind").annotate(n=Count("pk")))
        shown = [
            (kind, counts[kind.name]) for kind in visible_kinds(request) if kind.name in counts
        ]
        page: HttpResponse = super().changelist_view(
            request, (extra_context or {}) | {"counts": shown}
        )
        return page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The case, with what this person can do about it."""
        case = self.get_object(request, object_id)
        possible = cases.available_actions(case, cases.subject_of(case)) if case else []
        offered = [action for action in possible if _may(request, action)]
        others = [] if offered else _roles_for(possible)
        extra = (extra_context or {}) | {"offered": offered, "others": others, "case": case}
        page: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return page

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's own log. Raises PermissionDenied for whoever sees no cases."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        return page

    def act(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Show what an action will do; do it when it is sent."""
        case, action = self._case_and_action(request, object_id, name)
        subject = cases.subject_of(case)
        if action not in cases.available_actions(case, subject):
            text = f"“{action.label}” is not possible now: this is how things are."
            self.message_user(request, text, messages.WARNING)
            return self._back_to(case)
        form = decision_form(action, subject, request)
        if request.method == "POST" and form.is_valid() and self._act(request, case, action, form):
            return self._back_to(case)
        return self._ask(request, case, action, subject, form)

    def _case_and_action(
        self, request: HttpRequest, object_id: str, name: str
    ) -> tuple[Case, Action]:
        """Both. Raises Http404 for what this person cannot see, PermissionDenied for the rest."""
        case = self.get_object(request, object_id)
        action = cases.kind(case.kind).action(name) if case else None
        if case is None or action is None:
            raise Http404
        if not _may(request, action):
            raise PermissionDenied
        return case, action

    def _act(self, request: HttpRequest, case: Case, action: Action, form: Form) -> bool:
        """Whether it was done; else the form says why not."""
        given = dict(form.cleaned_data)
        decision = {name: given.pop(name) for name in ("reason", "despite_risk") if name in given}
        try:
            outcome = cases.act(case, action, by=actor_of(request), fields=given, **decision)
        except REFUSALS as refused:
            texts = getattr(refused, "messages", [str(refused)])
            form.add_error(None, " ".join(texts))
            return False
        text = f"{case}: “{action.label}” is done. {outcome}".strip()
        self.message_user(request, text, messages.SUCCESS)
        return True

    def _ask(
        self, request: HttpRequest, case: Case, action: Action, subject: Any, form: DecisionForm
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": f"{action.label}: {case.title}",
            "opts": self.opts,
            "case": case,
            "action": action,
            "preview": action.preview(subject) if subject is not None else "",
            "obstacle": form.obstacle,
            "form": form,
            "back": reverse("admin:core_case_change", args=[case.pk]),
        }
        status = 422 if form.errors else 200
        return render(request, "admin/core/case/act.html", context, status=status)

    def _back_to(self, case: Case) -> HttpResponse:
        return redirect("admin:core_case_change", case.pk)


def _may(request: HttpRequest, action: Action) -> bool:
    """Whether this person may act on cases, and may do this."""
    has: Callable[[str], bool] = request.user.has_perm
    return has(CHANGE) and has(action.permission)


def _counted(listed: Listed) -> tuple[str, str, str]:
    """The address of a list, what it holds, and how much of it."""
    meta = listed.rows.model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    count = listed.rows.order_by()[: COUNTED + 1].count()
    shown = f"{count:,}" if count <= COUNTED else f"more than {COUNTED:,}"
    return f"{url}?{urlencode(listed.narrowed)}", listed.label, shown


def _roles_for(actions: Sequence[Action]) -> list[str]:
    """The roles in which somebody may do one of these."""
    able = {name for action in actions for name in roles_with(CHANGE, action.permission)}
    return sorted(able)
