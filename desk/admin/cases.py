"""The exceptions queue in the admin: one list, and a page for each case."""

from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from unfold.decorators import display

from core import cases
from core.admin.list_filters import TimeRangeFilter
from core.admin.pages import LargeTableAdmin
from core.admin.read_only import ReadOnly
from core.cases import Listed, handling
from core.cases.models import Case
from core.database import clock
from core.database.folding import Folded
from core.values.text import reference
from desk.admin.filters import (
    AgeFilter,
    AssigneeFilter,
    KindFilter,
    OpenFilter,
    SourceFilter,
    visible_kinds,
)
from desk.admin.inbox import verbs, visits
from desk.admin.inbox.acting import ActingPages
from desk.admin.inbox.facts import shown_facts
from desk.admin.inbox.following import query_of
from desk.admin.inbox.readable import readable
from desk.admin.inbox.steps import StepInline
from desk.admin.inbox.together import Together
from desk.exceptions.due_times import due_at, overdue, with_due_times
from desk.exceptions.rights import colleagues, may, roles_for
from identity.actors import actor_of
from identity.models import User

AGES = ((timedelta(days=3), "danger"), (timedelta(days=1), "warning"))
DUE_COLOURS = {"late": "danger", "soon": "info", "closed": "success"}
AGE_COLOURS = {"danger": "danger", "warning": "warning", "info": "info", "closed": "success"}
EARLIER = 10
COUNTED = 10_000
LINK = '<a class="text-link" href="{}">{}: {}</a>'
MOST_NAMED = 10


@admin.register(Case)
class CaseAdmin(Together, ActingPages, ReadOnly, LargeTableAdmin):
    """What somebody must look at, the oldest first. Everybody sees the kinds of their work."""

    nothing_here = "No open exceptions."
    list_display = [
        "age",
        "due",
        "shown_kind",
        "title",
        "happened",
        "readable_said",
        "seen_to",
        "source",
    ]
    list_display_links = ["title"]
    list_filter = [
        OpenFilter,
        AssigneeFilter,
        KindFilter,
        AgeFilter,
        SourceFilter,
        ("opened_at", TimeRangeFilter),
    ]
    actions = ["together"]
    actions_detail_hide_default = True  # Django's own history knows nothing of them
    list_disable_select_all = True
    sortable_by: list[str] = []
    ordering = ["opened_at", "id"]
    search_help_text = "The beginning of a title: a shipment's reference, a message's number."
    list_before_template = "admin/core/case/counts.html"
    change_form_outer_before_template = "admin/core/case/above.html"
    inlines = [StepInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("shown_kind", "source"),
                    "subject",
                    "happened",
                    "shown_said",
                    "answer",
                    "lists",
                    ("opened_at", "due_by"),
                ]
            },
        ),
        ("Earlier cases of the same", {"fields": ["earlier"]}),
    ]
    end = ("How it ended", {"fields": [("closed_at", "closed_by"), "closing_reason"]})
    readonly_fields = ["shown_kind", "subject", "shown_said", "answer", "lists", "earlier"]
    readonly_fields += ["due_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Those that this person may see."""
        names = [kind.name for kind in visible_kinds(request)]
        rows: QuerySet[Case] = super().get_queryset(request).filter(kind__in=names)
        return with_due_times(rows)

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
        colour = next((hue for least, hue in AGES if end - case.opened_at >= least), "info")
        return ("closed" if case.closed_at else colour), timesince(case.opened_at, end, depth=1)

    @display(description="due", label=DUE_COLOURS)
    def due(self, case: Case) -> tuple[str, str]:
        """Until when somebody should have dealt with it; how late it is."""
        due, now = due_at(case), clock.now()
        if case.closed_at:
            return "closed", "-"
        if due <= now:
            return "late", f"{timesince(due, now, depth=1)} late"
        return "soon", f"in {timesince(now, due, depth=1)}"

    @display(description="due")
    def due_by(self, case: Case) -> str:
        """The moment, and how far away it is."""
        return f"{localtime(due_at(case)):%d %b %Y, %H:%M %Z} ({self.due(case)[1]})"

    @display(description="seen to by")
    def seen_to(self, case: Case) -> str:
        """Who has taken it."""
        snoozed = f"snoozed until {localtime(case.snoozed_until):%d %b %H:%M %Z}"
        parts = [handling.name_of(case.assignee), snoozed if handling.is_snoozed(case) else ""]
        return ", ".join(filter(None, parts)) or "nobody"

    @display(description="said")
    def readable_said(self, case: Case) -> str:
        """What the other side said, in words."""
        return readable(case.said)[0] or "-"

    @display(description="said")
    def shown_said(self, case: Case) -> str:
        """The same, and as it came behind a fold."""
        return _worded(case.said)

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
        return _worded(getattr(cases.subject_of(case), "last_answer", ""))

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

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the open ones counted by kind, and by who sees to them."""
        open_ones = self.get_queryset(request).filter(cases.awake(), closed_at=None).order_by()
        counts = dict(open_ones.values_list("kind").annotate(n=Count("pk")))
        shown = [
            (kind, counts[kind.name]) for kind in visible_kinds(request) if kind.name in counts
        ]
        mine, nobodys = Q(assignee=actor_of(request)), Q(assignee="")
        views = open_ones.aggregate(
            mine=Count("pk", filter=mine),
            nobody=Count("pk", filter=nobodys),
            overdue=Count("pk", filter=overdue()),
        )
        extra = {"counts": shown, "views": views}
        page: HttpResponse = super().changelist_view(request, (extra_context or {}) | extra)
        return page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The case, with what this person can do about it, and who else is at it."""
        case = self.get_object(request, object_id)
        shown = case is not None and request.method != "POST"
        extra = (extra_context or {}) | (self._above(request, case) if shown else {})
        page: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return page

    def _above(self, request: HttpRequest, case: Case) -> dict[str, Any]:
        subject = cases.subject_of(case)
        possible = cases.available_actions(case, subject)
        offered = [action for action in possible if may(request.user, action)]
        others = [] if offered else roles_for(possible)
        able = colleagues(cases.kind(case.kind)) if others else User.objects.none()
        return {
            "case": case,
            "offered": offered,
            "others": others,
            "able": [verbs.name_of(person) for person in able[:MOST_NAMED]],
            "verbs": verbs.labels(verbs.offered(case, request.user)),
            "assignee": handling.name_of(case.assignee),
            "is_mine": case.assignee == actor_of(request),
            "snoozed": handling.is_snoozed(case),
            "visits": visits.visit(case, cast(User, request.user)),
            "every": visits.RENEWED_EVERY,
            "newest": case.events.order_by("-id").values_list("pk", flat=True).first(),
            "panels": shown_facts(request, subject),
            "query": query_of(request),
        }

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's own log. Raises PermissionDenied for whoever sees no cases."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        return page


def _counted(listed: Listed) -> tuple[str, str, str]:
    """The address of a list, what it holds, and how much of it."""
    meta = listed.rows.model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    count = listed.rows.order_by()[: COUNTED + 1].count()
    shown = f"{count:,}" if count <= COUNTED else f"more than {COUNTED:,}"
    return f"{url}?{urlencode(listed.narrowed)}", listed.label, shown


def _worded(said: str) -> str:
    """The words; the JSON that they were taken from behind a fold."""
    sentence, raw = readable(said)
    if not raw:
        return sentence or "-"
    return format_html(
        '<p>{}</p><details class="mt-2"><summary class="cursor-pointer">As it came</summary>'
        '<pre class="break-words whitespace-pre-wrap">{}</pre></details>',
        sentence,
        raw,
    )
