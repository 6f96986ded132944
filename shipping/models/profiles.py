"""What staff set for a provider. Without a row it takes parcels on every day at any hour."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.history.tracking import tracked
from shipping.models.zones import validate_time_zone
from shipping.provider_api.endpoints import validate_address
from shipping.provider_api.working_days import WHOLE_WEEK, Calendar, subdivisions


def whole_week() -> list[int]:
    """Every day, as ISO weekdays."""
    return list(WHOLE_WEEK)


def our_zone() -> str:
    """The zone of new profiles."""
    return str(settings.TIME_ZONE)


def _hours(default: int, text: str) -> "models.PositiveSmallIntegerField[Any, Any]":
    validators = [MinValueValidator(1), MaxValueValidator(24 * 90)]
    return models.PositiveSmallIntegerField(
        default=default, db_default=default, validators=validators, help_text=text
    )


@tracked(exclude=["webhook_at", "refused_since", "refused_at"])  # written all day
class ProviderProfile(models.Model):
    """What staff set for a provider: one row for each name in `shipping/providers/`."""

    is_reference = True
    not_reference = ("webhook_at", "refused_since", "refused_at")

    provider = models.CharField(max_length=30, unique=True)
    is_active = models.BooleanField(
        "takes parcels",
        default=True,
        help_text="Untick to give it no more: what waits for it goes elsewhere, or waits on.",
    )
    url = models.CharField(
        "address",
        max_length=300,
        blank=True,
        default="",
        validators=[validate_address],
        help_text="Empty: what the environment says. https, on a host that PROVIDER_HOSTS names.",
    )
    webhook_rate = models.PositiveIntegerField(
        "webhooks a minute",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Those above it are answered 429. Empty: WEBHOOK_RATE.",
    )
    working_days = ArrayField(
        models.PositiveSmallIntegerField(
            validators=[MinValueValidator(1), MaxValueValidator(7)],
        ),
        default=whole_week,
        help_text="The days on which it takes parcels. What falls on another ships on the next.",
    )
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        help_text="Whose public holidays it keeps. Leave it empty when it keeps none.",
    )
    subdivision = models.CharField(
        max_length=10, blank=True, default="", help_text="A part of the country, such as SCT."
    )
    cut_off = models.PositiveSmallIntegerField(
        "cut-off hour",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(23)],
        help_text="From this hour on orders ship the next working day. Empty: at any hour.",
    )
    time_zone = models.CharField(
        max_length=50,
        default=our_zone,
        validators=[validate_time_zone],
        help_text="Where its days begin and its cut-off counts.",
    )

    # Kept by shipping.staff_actions.closures; those that are over are dropped with the next one.
    closed_days = ArrayField(models.DateField(), default=list, db_default=[], editable=False)

    ask_after = _hours(24, "Without news for so many hours, it is asked where a parcel is.")
    ask_again_after = _hours(48, "Without news until then, it is asked a second time.")
    call_staff_after = _hours(72, "Without news until then, the parcel is put before staff.")

    # Written by the webhook, every few seconds at most.
    webhook_at = models.DateTimeField("last webhook", null=True, blank=True, editable=False)
    refused_since = models.DateTimeField(null=True, blank=True, editable=False)
    refused_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["provider"]

    def __str__(self) -> str:
        return self.provider

    @property
    def quiet_hours(self) -> tuple[int, int, int]:
        """How long a parcel may be without news, until each of the watchdog's three steps."""
        return self.ask_after, self.ask_again_after, self.call_staff_after

    def clean(self) -> None:
        """Raise ValidationError for holidays that nobody knows, and hours in the wrong order."""
        if list(self.quiet_hours) != sorted(set(self.quiet_hours)):
            raise ValidationError({"call_staff_after": "Each of the three must be later."})
        known = subdivisions()
        if self.country and self.country not in known:
            raise ValidationError({"country": "The holidays of this country are not known."})
        if self.subdivision and self.subdivision not in known.get(self.country, []):
            parts = ", ".join(known.get(self.country, [])) or "none"
            raise ValidationError({"subdivision": f"Use one of this country's parts: {parts}."})

    @property
    def calendar(self) -> Calendar:
        """Its working days."""
        return Calendar(
            tuple(self.working_days),
            self.country,
            self.subdivision,
            self.cut_off,
            self.time_zone,
            frozenset(self.closed_days),
        )

    @classmethod
    def ensured(cls, provider: str) -> "ProviderProfile":
        """Its row, made with the defaults when there is none: cases are about rows."""
        return cls.objects.get_or_create(provider=provider)[0]

    @classmethod
    def ensure(cls, names: Collection[str]) -> None:
        """Make the rows that are missing, so that each provider is listed and can be a case."""
        known = set(cls.objects.values_list("provider", flat=True))
        missing = [ProviderProfile(provider=name) for name in names if name not in known]
        if missing:
            ProviderProfile.objects.bulk_create(missing, ignore_conflicts=True)

    @classmethod
    def of(cls, provider: str) -> "ProviderProfile":
        """What staff set for it; an unsaved row with the defaults when they have set nothing."""
        return cls.objects.filter(provider=provider).first() or cls(provider=provider)
