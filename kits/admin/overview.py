"""Which kits an order's page shows, and what happened to them on a timeline."""

from typing import Any

from django.http import HttpRequest

from core.admin.overview.panels import MOST_LINES, Line, Panel, list_of, page_of
from core.admin.overview.timeline import Source
from customers.models import Customer
from kits.models import Kit, KitEvent
from kits.states import KIT_COLOURS
from orders.models import Order


def kit_line(kit: Kit) -> Line:
    """A kit with its state, its type, and where it is packed."""
    packed = [f"parcel {kit.shipment}", f"back by {kit.return_tracking}"] if kit.shipment else []
    colour = KIT_COLOURS.get(kit.state, "")
    return Line(kit.serial, page_of(kit), kit.state, colour, [kit.kit_type, *packed])


def _kits(request: HttpRequest, order: Order) -> list[Line]:
    kits = Kit.objects.filter(shipment__order=order.pk).select_related("lot__product", "shipment")
    return [kit_line(kit) for kit in kits.order_by("-id")[: MOST_LINES + 1]]


KITS = Panel(
    "Kits",
    "kits.view_kit",
    _kits,
    all_of=lambda order: list_of(Kit, shipment__order=order.pk),
    empty="No kit is packed.",
    place=35,
)


def _of_order(request: HttpRequest, order: Order) -> Any:
    return KitEvent.objects.filter(kit__shipment__order=order.pk).select_related("kit")


def _of_customer(request: HttpRequest, customer: Customer) -> Any:
    return KitEvent.objects.filter(kit__shipment__order__customer=customer).select_related("kit")


def _event(event: KitEvent) -> Line:
    text = f"Kit {event.kit} {event.kind.replace('-', ' ')}"
    return Line(text, page_of(event.kit), facts=[event.detail, event.actor])


ORDERS_TIMELINE = Source("kit", "kits.view_kit", _of_order, _event)
CUSTOMERS_TIMELINE = Source("kit", "kits.view_kit", _of_customer, _event)
