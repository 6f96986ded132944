"""Which kits an order's page shows."""

from django.http import HttpRequest

from core.admin.overview.panels import MOST_LINES, Line, Panel, list_of, page_of
from kits.models import Kit
from kits.states import KIT_COLOURS
from orders.models import Order


def _kits(request: HttpRequest, order: Order) -> list[Line]:
    kits = Kit.objects.filter(shipment__order=order.pk).select_related("lot__product", "shipment")
    return [
        Line(
            text=kit.serial,
            link=page_of(kit),
            state=kit.state,
            colour=KIT_COLOURS.get(kit.state, ""),
            facts=[kit.kit_type, f"parcel {kit.shipment}", f"back by {kit.return_tracking}"],
        )
        for kit in kits.order_by("-id")[: MOST_LINES + 1]
    ]


KITS = Panel(
    "Kits",
    "kits.view_kit",
    _kits,
    all_of=lambda order: list_of(Kit, shipment__order=order.pk),
    empty="No kit is packed.",
    place=35,
)
