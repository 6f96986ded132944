"""What goes wrong with kits, in words for whoever looks at it."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet

from core.cases import CaseDraft
from kits.models import Kit, Replacement
from kits.values.reasons import RECOVERABLE, Reason, is_final
from shipping.models import Shipment, TrackingEvent

LABEL, MISSING = "kit-label", "kit-missing"
WAITING, FINAL = "kit-waiting", "kit-rejected"
UNDER_AGE = "kit-under-age"
EXPIRING, NOT_BACK = "lot-expiring", "kit-not-back"
AGING, LAB_LATE = "kit-sample-aging", "kit-lab-late"
OF_TIME = (NOT_BACK, AGING)


def unexpected_label(kit: Kit, event: TrackingEvent) -> CaseDraft:
    """A carrier has a label whose kit cannot be on its way."""
    return CaseDraft(
        LABEL,
        kit.pk,
        f"Return label of kit {kit}",
        f"{event.provider} reports return label {kit.return_tracking}, and the kit is {kit.state}. "
        "The label may be on another kit: look at those that were packed beside it.",
        f"{event.event_name} at {event.event_time:%Y-%m-%d %H:%M:%S} UTC",
        event.provider,
    )


def left_without(parcel: Shipment, kit_types: Sequence[str]) -> CaseDraft:
    """A parcel is on its way, and no kit is on record as being in it."""
    return CaseDraft(
        MISSING,
        parcel.pk,
        f"Parcel {parcel.reference} without its kit",
        f"It has left, and this was not packed at the bench: {', '.join(kit_types)}. Whoever gets "
        "it has a kit that nobody knows, or none.",
        source=parcel.provider,
    )


def rejected(kit: Kit) -> CaseDraft:
    """A kit that is here and cannot be examined, or not yet."""
    why = f"{Reason(kit.reason).label} ({kit.reason})" if kit.reason else "a reason not on record"
    if is_final(kit.reason):
        kind, rest = FINAL, "It cannot be examined: send the customer another one."
    else:
        kind, rest = WAITING, "Ask the person for what is missing, and resume it then."
    return CaseDraft(kind, kit.pk, f"Kit {kit} is rejected", f"It was rejected: {why}. {rest}")


def describe_rejected(kits: Sequence[Kit]) -> list[CaseDraft]:
    """A case for each of them."""
    return [rejected(kit) for kit in kits]


def waiting() -> QuerySet[Kit]:
    """Those that wait for what a person says."""
    return Kit.objects.filter(state="rejected", reason__in=sorted(RECOVERABLE))


def final() -> QuerySet[Kit]:
    """Those that are of no use, and were not sent anew."""
    anew = Replacement.objects.filter(kit=OuterRef("pk"))
    return Kit.objects.filter(~Exists(anew), state="rejected").exclude(
        reason__in=sorted(RECOVERABLE)
    )


def under_age(kit: Kit) -> CaseDraft:
    """Somebody under age was to be registered."""
    return CaseDraft(
        UNDER_AGE,
        kit.pk,
        f"Kit {kit} for somebody under age",
        "By the link, somebody under age was to be registered with it. They were asked to contact "
        "support: decide with whoever cares for them.",
    )
