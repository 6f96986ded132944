"""The locks of a kit and of its order: the order first, as everywhere."""

from kits.models import Kit
from orders.models.locking import lock_order
from shipping.models import Shipment


def lock_kit(kit: Kit) -> Kit:
    """A kit with its lot and parcel as they are now, locked until the transaction ends."""
    kits = Kit.objects.select_for_update(of=("self",), no_key=True)
    return kits.select_related("lot__product", "shipment__order").get(pk=kit.pk)


def lock_with_order(kit: Kit) -> Kit:
    """As `lock_kit`; where it is somebody's, their order first, as when a parcel moves."""
    if kit.shipment_id:
        lock_order(Shipment.objects.values_list("order", flat=True).get(pk=kit.shipment_id))
    return lock_kit(kit)
