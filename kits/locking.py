"""The locks of a kit and of its order: the order first, as everywhere."""

from kits.models import Kit


def lock_kit(kit: Kit) -> Kit:
    """A kit with its lot and parcel as they are now, locked until the transaction ends."""
    kits = Kit.objects.select_for_update(of=("self",), no_key=True)
    return kits.select_related("lot__product", "shipment__order").get(pk=kit.pk)
