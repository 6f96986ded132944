"""Registering a kit: whose sample it is, and since when."""

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from clinical.laboratories import samples
from clinical.models import Sample
from core.database import clock
from core.workflow import TransitionNotAllowedError
from kits.models import Kit
from kits.models.locking import lock_with_order

# It has left us, and has no result; one that came unregistered waits for that, wherever it is.
REGISTRABLE = (
    "packed",
    "sent",
    "delivered",
    "returning",
    "received",
    "rejected",
    "accepted",
    "in-lab",
)
OF_AGE = 18  # years
# A time that was given without its zone may seem to be in the future by so much.
ZONES = timedelta(hours=14)


class UnderAgeError(ValidationError):
    """Somebody under age; what becomes of it a person decides."""

    def __init__(self) -> None:
        text = f"Whoever gives a sample must be {OF_AGE} years old. Please contact our support."
        super().__init__({"birth_date": ValidationError(text, "under_age")})


@transaction.atomic
def register(
    kit: Kit,
    taker: samples.TestTaker,
    *,
    sampled_at: datetime,
    consent_version: str,
    by: str,
) -> Sample:
    """Put on record whose sample is in a kit; the kit is `registered` by that.

    Raises TransitionNotAllowedError for a kit that was registered before, or cannot be now,
    UnderAgeError, and ValidationError by field; nothing is written then.
    """
    locked = lock_with_order(kit)
    if Sample.objects.filter(serial=locked.serial).exists():
        raise TransitionNotAllowedError(f"Kit {locked} is registered already.")
    if locked.state not in REGISTRABLE:
        raise TransitionNotAllowedError(f"Kit {locked} is {locked.state}: it cannot be registered.")
    sampled_at = _checked(locked, sampled_at)
    if years_since(taker.birth_date) < OF_AGE:
        raise UnderAgeError
    return samples.register(
        locked.serial,
        taker,
        kit_type=locked.kit_type,
        sampled_at=sampled_at,
        consent_version=consent_version,
        by=by,
    )


def years_since(birth: date) -> int:
    """How old somebody is today, in whole years."""
    today = clock.now().date()
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _checked(kit: Kit, sampled_at: datetime) -> datetime:
    """The time; ValidationError (`sampled_at`) before the kit was packed, after its lot expired,
    and in the future."""
    now = clock.now()
    if now < sampled_at <= now + ZONES:
        sampled_at = now
    problem = None
    if sampled_at > now:
        problem = ValidationError("Give a time that is not in the future.", "future")
    elif kit.packed_at and sampled_at < kit.packed_at - ZONES:
        problem = ValidationError("Give a time after the kit was sent.", "early")
    elif kit.lot.has_expired(sampled_at.date()):
        problem = ValidationError("The kit had expired by then. Ask for another one.", "expired")
    if problem:
        raise ValidationError({"sampled_at": problem})
    return sampled_at
