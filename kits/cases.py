"""What goes wrong with kits, in words for whoever looks at it."""

from collections.abc import Sequence

from core.cases import CaseDraft
from kits.models import Kit
from shipping.models import Shipment, TrackingEvent

LABEL, MISSING = "kit-label", "kit-missing"


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
