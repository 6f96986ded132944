"""What kits do when a parcel moves or a carrier reports a label, in the same transaction."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from clinical.models import ResultEvent, SampleEvent
from kits import places, tracking
from kits.laboratory import results
from kits.models import KitEvent
from shipping.models import Shipment, ShipmentEvent
from shipping.models.signals import contents_changed, events_parked


@receiver(post_save, sender=ShipmentEvent)
def on_shipment_event(instance: ShipmentEvent, created: bool, raw: bool = False, **_: Any) -> None:
    """Move the kits in a parcel with it."""
    if not created or raw or instance.to_state not in tracking.OF_PARCEL:
        return
    if instance.to_state != instance.from_state and instance.shipment.order.kit_type:
        tracking.parcel_moved(
            instance.shipment, instance.from_state, instance.to_state, by=instance.actor
        )


@receiver(events_parked)
def on_events_parked(ids: Collection[int], **_: Any) -> None:
    """Claim those that are about the return label of a kit."""
    tracking.claim(ids)


@receiver(contents_changed)
def on_contents_changed(parcels: Sequence[Shipment], **_: Any) -> None:
    """Refuse a change by which a kit that is packed would be in a parcel that does not hold it."""
    places.check_kept(parcels)


@receiver(post_save, sender=SampleEvent)
def on_sample_event(instance: SampleEvent, created: bool, raw: bool = False, **_: Any) -> None:
    """A kit whose sample is registered is its person's."""
    if created and not raw and instance.kind == "registered":
        tracking.registered(instance.sample.serial, by=instance.actor)


@receiver(post_save, sender=ResultEvent)
def on_result_event(instance: ResultEvent, created: bool, raw: bool = False, **_: Any) -> None:
    """A kit goes with its result, and the customer is told that there is something new."""
    if created and not raw:
        results.follow(instance)


@receiver(post_save, sender=KitEvent)
def on_kit_event(instance: KitEvent, created: bool, raw: bool = False, **_: Any) -> None:
    """A kit that is destroyed has no sample any more."""
    if created and not raw and instance.to_state == "destroyed":
        results.ended(instance)
