"""Schedules in the admin: the next dates, and the verbs that change them."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from orders.api.filters import search
from orders.models import Order
from shipping.admin.schedules.calendar import CalendarPage
from shipping.admin.schedules.contents import contents, may_change_contents
from shipping.admin.schedules.dialogs import (
    ChangeForm,
    EndForm,
    PauseForm,
    ResumeForm,
    SkipForm,
    UnskipForm,
    confirmation,
)
from shipping.admin.schedules.inlines import EventInline, ShipmentInline, next_dates_text
from shipping.models import Schedule
from shipping.schedules import next_dates
from shipping.schedules import services as schedules
from shipping.schedules.batches import calendar_of
from shipping.staff_actions.previews import PlannedOccurrence, planned
from shipping.states import SCHEDULE_COLOURS

Answer = HttpResponse | None
ACTIVE, PAUSED = frozenset({"active"}), frozenset({"paused"})


@admin.register(Schedule)
class ScheduleAdmin(CalendarPage):
    """When recurring orders ship."""

    nothing_here = "Orders that ship weekly or monthly have a schedule."
    list_display = ["order", "shown_state", "interval", "anchor", "next_date", "resume_on"]
    list_select_related = ["order"]
    list_filter = ["state", "interval", "catch_up", ("next_on", RangeDateFilter)]
    sortable_by: list[str] = []
    search_help_text = "An order's number, or its customer's name, code, e-mail or phone number."
    inlines = [EventInline, ShipmentInline]
    actions = ["pause_selected", "resume_selected", "skip_selected", "cancel_selected"]
    actions_detail = [
        "pause",
        "resume",
        "skip",
        "unskip",
        {"title": "More", "items": ["change_dates", "contents", "cancel"]},
    ]
    contents = contents
    has_contents_permission = may_change_contents
    fields = [
        ("order", "state"),
        ("products", "service"),
        "goes_to",
        ("interval", "anchor"),
        "next_dates",
        ("left_out", "resume_on"),
        ("time_zone", "catch_up"),
    ]

    @display(description="state", label=SCHEDULE_COLOURS)
    def shown_state(self, schedule: Schedule) -> tuple[str, str]:
        """The state, in its colour."""
        return schedule.state, schedule.state

    @display(description="products")
    def products(self, schedule: Schedule) -> str:
        """What each of its parcels holds, from now on."""
        return ", ".join(map(str, schedule.order.lines.all())) or schedule.order.item

    @display(description="delivery service")
    def service(self, schedule: Schedule) -> str:
        """How fast they go."""
        return str(schedule.order.get_delivery_service_display())

    @display(description="goes to")
    def goes_to(self, schedule: Schedule) -> str:
        """Where they go, for whoever may see orders, whose address it is."""
        return schedule.order.on_one_line() or "not known yet"

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[Any]:
        """All of them; the address for those who may see it on the order's page."""
        shown = list(super().get_fields(request, obj))
        if not request.user.has_perm("orders.view_order"):
            shown.remove("goes_to")
        return shown

    @display(description="next")
    def next_date(self, schedule: Schedule) -> str:
        """The next date."""
        return next_dates_text(schedule, 1)

    @display(description="next dates")
    def next_dates(self, schedule: Schedule) -> str:
        """The next five dates, and when they ship where that is another day."""
        recurrence, calendar = next_dates.recurrence_in_force(schedule), calendar_of(schedule)
        days = planned(recurrence, schedule.time_zone, calendar, 5)
        return ", ".join(map(_with_ship_day, days)) or "–"

    @display(description="left out")
    def left_out(self, schedule: Schedule) -> str:
        """The dates that were skipped and are still to come."""
        return ", ".join(map(date_format, next_dates.skipped(schedule).values())) or "–"

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By order or customer."""
        return queryset.filter(order__in=search(Order.objects.all(), text).values("pk"))

    def has_pause_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be paused or skipped, by this person."""
        return self.may(request, object_id, ACTIVE)

    def has_unskip_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether a skip of it can be taken back, by this person."""
        row = self.get_object(request, str(object_id))
        return bool(row and next_dates.skipped(row)) and self.may(request, object_id, ACTIVE)

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be resumed, by this person."""
        return self.may(request, object_id, PAUSED)

    def has_alter_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be changed or cancelled, by this person."""
        return self.may(request, object_id, ACTIVE | PAUSED)

    def seen(self, request: HttpRequest, rows: QuerySet[Schedule], verb: str, done: str) -> Answer:
        """Show what it would do to the selected; once that was seen, do it."""
        if "confirmed" not in request.POST:
            return confirmation(self, request, rows, verb, f"{verb}_selected")
        return self.each(request, rows, partial(_confirmed, request, verb), done)

    @admin.action(description="Pause until resumed", permissions=["pause"])
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> Answer:
        """Pause them."""
        return self.seen(request, queryset, "pause", "Paused")

    @admin.action(description="Resume", permissions=["resume"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> Answer:
        """Resume them."""
        return self.seen(request, queryset, "resume", "Resumed")

    @admin.action(description="Skip the next one", permissions=["pause"])
    def skip_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> Answer:
        """Leave out the next occurrence of each: the one that was shown."""
        return self.seen(request, queryset, "skip", "Skipped the next one of")

    @admin.action(description="End them", permissions=["alter"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> Answer:
        """End them."""
        return self.seen(request, queryset, "cancel", "Cancelled")

    @action(
        description="Pause",
        icon="pause",
        permissions=["pause"],
        dialog={
            "title": "Pause this schedule?",
            "form_class": PauseForm,
            "form_submit_text": "Pause it",
        },
    )
    def pause(self, request: HttpRequest, form: PauseForm, object_id: str) -> HttpResponse:
        """Pause it."""
        row, resume_on = _get(object_id), form.cleaned_data["resume_on"]
        return self.one(request, row, schedules.pause, "paused", resume_on=resume_on)

    @action(
        description="Resume",
        icon="play_arrow",
        permissions=["resume"],
        dialog={
            "title": "Resume this schedule?",
            "description": "What fell into the pause is not shipped.",
            "form_class": ResumeForm,
            "form_submit_text": "Resume it",
        },
    )
    def resume(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Resume it."""
        return self.one(request, _get(object_id), schedules.resume, "resumed")

    @action(
        description="Skip the next",
        icon="skip_next",
        permissions=["pause"],
        dialog={
            "title": "Leave out the next date?",
            "form_class": SkipForm,
            "form_submit_text": "Skip it",
        },
    )
    def skip(self, request: HttpRequest, form: SkipForm, object_id: str) -> HttpResponse:
        """Leave out the occurrence that the dialog was about."""
        which = form.cleaned_data["occurrence"]
        done = f"{form.date_of(which)} is left out"
        return self.one(request, _get(object_id), schedules.skip, done, occurrence=which)

    @action(
        description="Take the skip back",
        icon="undo",
        permissions=["unskip"],
        dialog={
            "title": "Ship it after all?",
            "form_class": UnskipForm,
            "form_submit_text": "Take the skip back",
        },
    )
    def unskip(self, request: HttpRequest, form: UnskipForm, object_id: str) -> HttpResponse:
        """Leave the occurrence out no more."""
        which = form.cleaned_data["occurrence"]
        done = f"{form.date_of(which)} ships after all"
        return self.one(request, _get(object_id), schedules.unskip, done, occurrence=which)

    @action(
        description="Change the dates",
        icon="edit_calendar",
        permissions=["alter"],
        dialog={
            "title": "Change this schedule?",
            "description": "What has shipped stays; the next date is the first from today on.",
            "form_class": ChangeForm,
            "form_submit_text": "Change it",
        },
    )
    def change_dates(self, request: HttpRequest, form: ChangeForm, object_id: str) -> HttpResponse:
        """Change interval, anchor or catch-up."""
        cleaned = form.cleaned_data
        given = {
            name: cleaned[name] for name in ("interval", "anchor", "catch_up") if cleaned[name]
        }
        return self.one(request, _get(object_id), schedules.change, "changed", **given)

    @action(
        description="End the schedule",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["alter"],
        dialog={
            "title": "End this schedule?",
            "description": "It ships nothing ever again. Parcels that are made already go on.",
            "form_class": EndForm,
            "form_submit_text": "End it",
        },
    )
    def cancel(self, request: HttpRequest, form: EndForm, object_id: str) -> HttpResponse:
        """End it, for the reason typed."""
        reason = form.cleaned_data["reason"]
        return self.one(request, _get(object_id), schedules.cancel, "ended", reason=reason)


def _confirmed(request: HttpRequest, verb: str, row: Schedule, *, by: str) -> None:
    """Do it to one of the selected; a skip is of the occurrence that was shown."""
    shown = request.POST.get(f"occurrence_{row.pk}", "")
    which = {"occurrence": int(shown)} if verb == "skip" and shown.isdecimal() else {}
    getattr(schedules, verb)(row, by=by, **which)


def _get(object_id: str) -> Schedule:
    return get_object_or_404(Schedule, pk=object_id)


def _with_ship_day(day: PlannedOccurrence) -> str:
    shown: str = date_format(day.date)
    return shown if day.ship_on == day.date else f"{shown} (ships {date_format(day.ship_on)})"
