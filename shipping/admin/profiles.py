"""What staff set for each provider."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from core.admin.pages import ModelAdmin
from core.bases import ModelForm
from customers.values.countries import country_choices
from shipping import providers
from shipping.admin.read_only import to_the_second
from shipping.models import ProviderProfile, time_zones
from shipping.models.profiles import our_zone, whole_week
from shipping.provider_api.working_days import WHOLE_WEEK, subdivisions
from shipping.routing.router import obstacle

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
class ProviderProfileAdmin(ModelAdmin):
    """On which days, and until which hour, each provider takes parcels."""

    nothing_here = "The sweeper lists every provider here, within a minute of its start."
    form = ProfileForm
    readonly_fields = ["can", "last_webhook"]
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
            "Calendar",
            {
                "fields": [
                    "working_days",
                    ("country", "subdivision"),
                    ("cut_off", "time_zone"),
                ]
            },
        ),
        (
            "Parcels without news, in hours",
            {"fields": [("ask_after", "ask_again_after", "call_staff_after")]},
        ),
    ]

    @display(description="last webhook")
    def last_webhook(self, profile: ProviderProfile) -> str:
        """When one was proven to be its own, a few seconds more or less."""
        if profile.refused_since:
            return f"refused since {to_the_second(profile.refused_since)}"
        return to_the_second(profile.webhook_at)

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
