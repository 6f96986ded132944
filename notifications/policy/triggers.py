"""From an event of an order or a shipment to what its customer is notified of."""

from dataclasses import dataclass

from notifications.models import Occasion
from orders.models import Order, OrderEvent
from shipping.models import Shipment, ShipmentEvent
from shipping.states import ATTEMPT, FAILED

# The kinds of an order's events that are announced.
ORDER_OCCASIONS = {
    "placed": Occasion.ORDER_PLACED,
    "address-set": Occasion.ORDER_PLACED,
    "cancelled": Occasion.ORDER_CANCELLED,
    "kit-delivered": Occasion.KIT_HERE,
    "kit-return-due": Occasion.KIT_DUE,
    "result-ready": Occasion.RESULT_READY,
    "result-corrected": Occasion.RESULT_CORRECTED,
}
# The end of the source of each; all others are of an order that was placed.
SOURCES = {"cancelled": "cancelled", "kit-delivered": "kit-here", "kit-return-due": "kit-due"}
# Each of these is announced: an order has several kits, and a result may be corrected again.
EACH = frozenset({"result-ready", "result-corrected"})
NEEDS_ADDRESS = "needs-address"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a customer is notified of, once: `source` names it."""

    source: str
    occasion: str
    order: Order
    shipment: Shipment | None = None


def trigger_from_order(event: OrderEvent) -> Trigger | None:
    """The trigger of an order's event of a kind in `ORDER_OCCASIONS`, if it has one.

    One that waits for an address is asked for it, and counts as placed once it has one: what was
    announced before that, also by a release that asked nobody, is not announced again.
    """
    occasion, order = ORDER_OCCASIONS[event.kind], event.order
    if event.kind == "address-set" and not order.ships:
        return None
    if event.kind == "placed" and order.delivery_service and not order.ships:
        waits = Trigger(f"order:{order.pk}:{NEEDS_ADDRESS}", Occasion.ORDER_NEEDS_ADDRESS, order)
        return waits if order.awaits_address else None
    name = f"{event.kind}:{event.pk}" if event.kind in EACH else SOURCES.get(event.kind, "placed")
    return Trigger(f"order:{order.pk}:{name}", occasion, order)


def status_of(event: ShipmentEvent) -> str:
    """The status that an event reports; one that is in `TRACKED` is announced."""
    return FAILED if event.kind == ATTEMPT else event.to_state


def trigger_from_shipment(event: ShipmentEvent) -> Trigger:
    """The trigger of a shipment's event of a tracked status: each status once, however often it
    comes; of failed attempts to deliver each one."""
    status = status_of(event)
    source = f"shipment:{event.shipment_id}:{status}"
    if status == FAILED and event.reported_id:
        source += f":{event.reported_id}"
    # Of what is in this parcel, whatever its order holds by now.
    order = event.shipment.as_ordered
    return Trigger(source, f"shipment-{status}", order, event.shipment)


def occasion_of_source(source: str) -> str:
    """The occasion of a parcel's trigger, by its `source`."""
    return f"shipment-{source.split(':')[2]}"
