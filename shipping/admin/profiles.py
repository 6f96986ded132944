"""What staff set for each provider."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from customers.countries import countries
from shipping import providers
from shipping.calendars import WHOLE_WEEK, subdivisions
from shipping.models import ProviderProfile, time_zones
from shipping.models.profiles import our_zone, whole_week

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _named(names: Any) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
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
            *((code, name) for code, name in countries().items() if code in subdivisions()),
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

    form = ProfileForm
    list_display = ["provider", "days", "country", "subdivision", "cut_off", "time_zone"]
    fieldsets = [
        (None, {"fields": ["provider"]}),
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
    ]

    @display(description="working days")
    def days(self, profile: ProviderProfile) -> str:
        """The names of its days."""
        return ", ".join(WEEKDAYS[day - 1][:3] for day in profile.working_days)
