"""What a verb would make of a schedule's next dates, shown before it is done.

A dialog is sent twice: the dates that were seen come back with it, and only when they are still
what the verb would make of the schedule, it is done. So nobody confirms what they did not see.
"""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ChoiceField, DateField, HiddenInput, IntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.dialogs import REFUSALS
from core.forms import CharField
from core.workflow import TransitionNotAllowedError
from shipping.admin.read_only import MOST_AT_ONCE, ReadOnlyAdmin
from shipping.api.serializers.schedules import INTERVALS
from shipping.models import CatchUp, Schedule
from shipping.routing.router import Router
from shipping.schedules import next_dates
from shipping.schedules.batches import calendar_of
from shipping.staff_actions.previews import PlannedOccurrence, compare_dates, planned

UNCONFIRMED = "Nothing is done yet. Press the button to do it."


class Preview(BaseDialogForm):
    """Shows the dates as they are beside the dates as they would be, and asks.

    `options` are the fields that the verb takes and that move the dates.
    """

    verb = ""
    options: tuple[str, ...] = ()
    form_after_template = "admin/shipping/preview.html"

    seen = CharField(required=False, widget=HiddenInput)

    data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now: list[PlannedOccurrence] = []
        self.then: list[PlannedOccurrence] = []
        for name in self.options:
            self.fields[name].widget.attrs |= self._looking()
        self.schedule = get_object_or_404(Schedule, pk=str(self.object_id))
        if not self.is_bound:
            self._look(self.asked({}))
            self.initial["seen"] = self._mark()

    def asked(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What the verb is given, of what was typed."""
        return {name: cleaned[name] for name in self.options if cleaned.get(name)}

    def _looking(self) -> dict[str, str]:
        """For htmx: show the new dates when a field has changed, and do nothing."""
        return {
            "hx-post": self.request.get_full_path(),
            "hx-trigger": "change delay:300ms",
            "hx-target": "#schedule-dates",
            "hx-select": "#schedule-dates",
            "hx-select-oob": "#id_seen",
            "hx-swap": "outerHTML",
            "hx-vals": json.dumps({"look": "1"}),
        }

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for what the verb refuses, and until its dates were seen."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        self._look(self.asked(cleaned))
        if not self.errors and ("look" in self.data or not self.is_confirmed(cleaned)):
            self.data = self.data.copy()
            self.data["seen"] = self._mark()
            if cleaned.get("occurrence") is not None:
                self.data["occurrence"] = cleaned["occurrence"]
            self.add_error(None, UNCONFIRMED)
        return cleaned

    def is_confirmed(self, cleaned: dict[str, Any]) -> bool:
        """Whether the dates that were seen are still those that it would be."""
        return bool(cleaned["seen"] == self._mark())

    def _look(self, options: dict[str, Any]) -> None:
        try:
            self.now, self.then = compare_dates(self.schedule, self.verb, **options)
        except REFUSALS as refused:
            self.now = self.then = _as_it_is(self.schedule)
            if isinstance(refused, ValidationError):
                self.add_error(None, refused)
            elif self.is_bound:
                self.add_error(None, str(refused))

    def _mark(self) -> str:
        return " ".join(f"{day.date}/{day.ship_on}" for day in [*self.now, *self.then])

    def get_after_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """The dates as they are, and as they would be."""
        notes = self.non_field_errors() if self.is_bound else []
        return {"now": self.now, "then": self.then, "notes": notes}


def _as_it_is(schedule: Schedule) -> list[PlannedOccurrence]:
    recurrence, calendar = next_dates.recurrence_in_force(schedule), calendar_of(schedule)
    return planned(recurrence, schedule.time_zone, calendar, 5)


class OccurrencePreview(Preview):
    """About the one occurrence that it was drawn for, however often it is sent."""

    occurrence = IntegerField(required=False, widget=HiddenInput)

    def drawn_for(self) -> int | None:
        """The occurrence that a fresh dialog is about."""
        raise NotImplementedError

    def asked(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """The occurrence; that of a fresh dialog when none came back."""
        if cleaned.get("occurrence") is None:
            cleaned["occurrence"] = self.initial["occurrence"] = self.drawn_for()
        return {"occurrence": cleaned["occurrence"]}

    def date_of(self, occurrence: int | None) -> str:
        """Its date, as it was shown."""
        dates = {day.occurrence: day.date for day in [*self.now, *self.then]}
        return date_format(dates[occurrence]) if occurrence in dates else "This date"

    def is_confirmed(self, cleaned: dict[str, Any]) -> bool:
        """What is so already, by the same dialog or by somebody else, needs no confirming."""
        return super().is_confirmed(cleaned) or self.now == self.then


class SkipForm(OccurrencePreview):
    """Without the next one."""

    verb = "skip"

    def drawn_for(self) -> int:
        """The next one."""
        return self.schedule.occurrence


class UnskipForm(OccurrencePreview):
    """With the last that was left out."""

    verb = "unskip"

    def drawn_for(self) -> int | None:
        """The last that was left out."""
        return max(next_dates.skipped(self.schedule), default=None)


class ResumeForm(Preview):
    """From today on."""

    verb = "resume"


def _day(help_text: str) -> DateField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    return DateField(required=False, widget=widget, help_text=help_text)


class PauseForm(Preview):
    """Until when."""

    verb = "pause"
    options = ("resume_on",)

    resume_on = _day("Leave it empty to pause until somebody resumes it.")


class ChangeForm(Preview):
    """What is to be different; what is left empty stays."""

    verb = "change"
    options = ("interval", "anchor")

    interval = ChoiceField(
        choices=[("", "as it is"), *((name, name) for name in INTERVALS)],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    anchor = _day("The day from which all dates are counted: its weekday, or its day of the month.")
    catch_up = ChoiceField(
        choices=[("", "as it is"), *CatchUp.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="What ships after an outage.",
    )


class EndForm(Preview):
    """Why a schedule ends."""

    verb = "cancel"

    reason = CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


def confirmation(
    page: ReadOnlyAdmin, request: HttpRequest, rows: QuerySet[Schedule], verb: str, action: str
) -> HttpResponse:
    """A page that shows what a verb would do to each of the selected, and asks."""
    router = Router.load()
    with_lines = rows.select_related("order").prefetch_related("order__lines__product")
    chosen = with_lines.order_by("id")[:MOST_AT_ONCE]
    previews = [_preview(row, verb, router) for row in chosen]
    context = page.admin_site.each_context(request) | {
        "title": f"{verb.capitalize()} these schedules?",
        "opts": page.opts,
        "action": action,
        "previews": previews,
        "count": sum("refusal" not in each for each in previews),
        "go": f"{verb.capitalize()} them",
        "drawn_rows": chosen,
    }
    return TemplateResponse(request, "admin/shipping/confirm.html", context)


def _preview(row: Schedule, verb: str, router: Router) -> dict[str, Any]:
    try:
        now, then = compare_dates(row, verb, count=3, router=router)
    except TransitionNotAllowedError as refused:
        return {"row": row, "refusal": str(refused)}
    return {"row": row, "now": now, "then": then}
