"""What staff set for each provider."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from core.admin.dialogs import LEVELS, go_to
from core.admin.live_preview import LivePreview
from core.admin.overview.panels import Line
from core.admin.pages import ModelAdmin
from core.bases import ModelForm
from core.database import clock
from core.http import Trial
from customers.values.countries import country_choices
from shipping import providers
from shipping.admin.read_only import to_the_second
from shipping.dispatch import queue
from shipping.dispatch.connection import try_connection
from shipping.models import ProviderProfile, time_zones
from shipping.models.profiles import our_zone, whole_week
from shipping.provider_api.working_days import WHOLE_WEEK, Calendar, subdivisions
from shipping.routing.router import obstacle

LOOK_AHEAD, MOST_HOLIDAYS = 366, 8
CALENDAR = ("working_days", "country", "subdivision", "cut_off", "time_zone")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _named(names: Any) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


class ProfileForm(ModelForm):
    """Only what exists can be chosen."""

    provider = forms.ChoiceField(
        choices=lambda: _named(providers.names()), widget=UnfoldAdminSelectWidget
    )
    working_days = forms.TypedMultipleChoiceField(
        choices=list(zip(WHOLE_WEEK, WEEKDAYS, strict=True)),
        coerce=int,
        initial=whole_week,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=ProviderProfile._meta.get_field("working_days").help_text,
    )
    country = forms.ChoiceField(
        choices=lambda: [
            ("", "none"),
            *((code, name) for code, name in country_choices() if code in subdivisions()),
        ],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=ProviderProfile._meta.get_field("country").help_text,
    )
    time_zone = forms.ChoiceField(
        choices=lambda: _named(sorted(time_zones())),
        initial=our_zone,
        widget=UnfoldAdminSelectWidget,
        help_text=ProviderProfile._meta.get_field("time_zone").help_text,
    )


@admin.register(ProviderProfile)
class ProviderProfileAdmin(LivePreview, ModelAdmin):
    """On which days, and until which hour, each provider takes parcels."""

    nothing_here = "The sweeper lists every provider here, within a minute of its start."
    form = ProfileForm
    readonly_fields = ["can", "last_webhook", "environment", "closed"]
    actions_detail = ["test_connection"]
    list_display = [
        "provider",
        "is_active",
        "state",
        "last_webhook",
        "days",
        "country",
        "subdivision",
        "cut_off",
        "time_zone",
    ]
    fieldsets = [
        (
            None,
            {"fields": [("provider", "is_active"), "url", ("webhook_rate", "last_webhook"), "can"]},
        ),
        (
            "Set by the environment",
            {
                "fields": ["environment"],
                "description": "Addresses and secrets are set by whoever runs Dosette. What they "
                "are is shown to nobody.",
            },
        ),
        (
            "Calendar",
            {
                "fields": [
                    "working_days",
                    ("country", "subdivision"),
                    ("cut_off", "time_zone"),
                    "closed",
                ]
            },
        ),
        (
            "Parcels without news, in hours",
            {"fields": [("ask_after", "ask_again_after", "call_staff_after")]},
        ),
    ]

    def preview_lines(self, request: HttpRequest) -> list[Line]:
        """When a parcel would ship that comes in now, and the days on which none does."""
        form = self.get_form(request)(request.POST)
        form.is_valid()
        given = form.cleaned_data
        wrong = [
            Line(f"{form.fields[name].label}: {text}", state="check", colour="danger")
            for name, texts in form.errors.items()
            for text in texts
            if name in CALENDAR
        ]
        country, part = given.get("country") or "", given.get("subdivision") or ""
        if wrong or part not in ("", *subdivisions().get(country, ())):
            return wrong or [Line("This country has no such part.", state="check")]
        days = tuple(given.get("working_days") or whole_week())
        zone = given.get("time_zone") or our_zone()
        return _calendar_lines(Calendar(days, country, part, given.get("cut_off"), zone))

    @display(description="settings")
    def environment(self, profile: ProviderProfile) -> str:
        """Which of its settings there are; never what they are."""
        if profile.provider not in providers.names():
            return "–"
        provider = queue.configured_provider(profile.provider)
        missing, names = provider.missing(), provider.needed()
        listed = [f"{name}: {'missing' if name in missing else 'set'}" for name in names]
        return ", ".join(listed) or "It needs none."

    @action(
        description="Test connection",
        icon="network_check",
        permissions=["change"],
        dialog={
            "title": "Ask this provider now?",
            "description": "It is asked for a parcel that does not exist, where its contract lets "
            "us ask. Nothing is handed over.",
            "form_submit_text": "Ask it",
        },
    )
    def test_connection(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Ask it, and say what it says."""
        profile = get_object_or_404(ProviderProfile, pk=object_id)
        try:
            trial = try_connection(profile.provider)
        except LookupError:
            trial = Trial(False, "There is no such provider any more.")
        self.log_change(request, profile, "Tested the connection.")
        self.message_user(request, f"{profile}: {trial.text}", LEVELS[trial.is_good])
        return go_to(request, reverse("admin:shipping_providerprofile_change", args=[object_id]))

    @display(description="last webhook")
    def last_webhook(self, profile: ProviderProfile) -> str:
        """When one was proven to be its own, a few seconds more or less."""
        if profile.refused_since:
            return f"refused since {to_the_second(profile.refused_since)}"
        return to_the_second(profile.webhook_at)

    @display(description="closed by staff")
    def closed(self, profile: ProviderProfile) -> str:
        """The days that were closed in the calendar of shipments."""
        return ", ".join(map(date_format, sorted(profile.closed_days))) or "–"

    @display(description="can be used")
    def state(self, profile: ProviderProfile) -> str:
        """Or what speaks against it."""
        return obstacle(profile.provider, profile) or "yes"

    @display(description="can")
    def can(self, profile: ProviderProfile) -> str:
        """What the provider's file declares."""
        if profile.provider not in providers.names():
            return "–"
        provider = providers.get(profile.provider)
        offers = {
            "take parcels": True,
            "de-duplicate": provider.is_idempotent,
            "be asked what it has": provider.supports_lookup,
            "cancel": provider.supports_cancellation,
            "report": provider.sends_webhooks,
        }
        yes = ", ".join(name for name, offered in offers.items() if offered)
        no = ", ".join(name for name, offered in offers.items() if not offered)
        return f"{yes}. Not: {no}." if no else f"{yes}."

    @display(description="working days")
    def days(self, profile: ProviderProfile) -> str:
        """The names of its days."""
        return ", ".join(WEEKDAYS[day - 1][:3] for day in profile.working_days)


def _calendar_lines(calendar: Calendar) -> list[Line]:
    """What these working days come to from now on."""
    now = clock.now()
    ships = calendar.ship_day_from(now)
    today = calendar.today(now)
    closed = [
        day
        for day in (today + timedelta(days=ahead) for ahead in range(LOOK_AHEAD))
        if not calendar.works_on(day) and day.isoweekday() in calendar.working_days
    ]
    holidays = ", ".join(date_format(day, "D j M Y") for day in closed[:MOST_HOLIDAYS])
    return [
        Line("A parcel that comes in now", facts=[f"ships {date_format(ships, 'l j F Y')}"]),
        Line("Public holidays ahead", facts=[holidays or "none within a year"]),
    ]
