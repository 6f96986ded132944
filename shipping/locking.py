"""The locks of a shipment and its order: the order first, for whoever cancels it locks so too."""

from core.workflow import TransitionNotAllowedError
from orders.models.locking import lock_order, lockable
from shipping.models import Shipment

ENDED = frozenset({"cancelled", "finished"})
SEEN = ("state", "provider", "fence", "doubtful")  # what a decision rests on


def lock_shipment(shipment: Shipment) -> Shipment:
    """A shipment and its `order` as they are now, locked until the transaction ends."""
    order = lock_order(shipment.order_id)
    shipments = Shipment.objects.select_for_update(of=("self",), no_key=True)
    locked = shipments.get(pk=shipment.pk)
    locked.order = order
    return locked


def lock_if_free(shipment_id: int, *, wait: bool) -> Shipment | None:
    """As `lock_shipment`; None when there is none, and without `wait` while somebody else has it or
    its order."""
    order = lockable(skip_locked=not wait).filter(shipments=shipment_id).first()
    shipments = Shipment.objects.select_for_update(of=("self",), no_key=True, skip_locked=not wait)
    locked = shipments.filter(pk=shipment_id).first()
    if order is None or locked is None:
        return None
    locked.order = order
    return locked


def lock_wanted(shipment: Shipment) -> Shipment:
    """As `lock_shipment`. Raises TransitionNotAllowedError for an order that has ended."""
    locked = lock_shipment(shipment)
    if locked.order.state in ENDED:
        raise TransitionNotAllowedError(
            f"Order {locked.order.number} is {locked.order.state}: nothing is shipped for it."
        )
    return locked


def lock_as_seen(shipment: Shipment) -> Shipment:
    """As `lock_wanted`. Raises TransitionNotAllowedError, too, when it was tried again or changed
    since it was read."""
    locked = lock_wanted(shipment)
    if any(getattr(locked, name) != getattr(shipment, name) for name in SEEN):
        raise TransitionNotAllowedError(
            "It was tried again or changed meanwhile. Look at it again."
        )
    return locked
