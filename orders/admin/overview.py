"""Orders on a customer's page, and what happened to an order."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from unfold.decorators import action
from unfold.enums import ActionVariant

from core.admin.overview.panels import MOST_LINES, Line, Panel, list_of, page_of
from core.admin.overview.timeline import Source
from core.values import money
from customers.models import Customer
from orders.models import Order, OrderEvent
from orders.states import STATE_COLOURS

LABELS = {"address-set": "address given", "address-corrected": "address corrected"}


def state_of(order: Order) -> tuple[str, str]:
    """The state in words with its colour; that it waits for an address is what staff act upon."""
    if order.awaits_address:
        return "Waiting for an address", "warning"
    return order.get_state_display(), STATE_COLOURS[order.state]


def line_of(order: Order) -> Line:
    """An order on a page of something else."""
    state, colour = state_of(order)
    interval = "" if order.shipping_interval == "none" else order.get_shipping_interval_display()
    price = money.shown(order.amount, order.currency)
    facts = ["DNA kit" if order.kit_type else "", order.item, price, interval]
    facts.append(date_format(order.time, "j M Y"))
    return Line(str(order.number), page_of(order), state, colour, facts)


def _orders(request: HttpRequest, customer: Customer) -> list[Line]:
    newest = customer.orders.order_by("-id")[: MOST_LINES + 1]
    return [line_of(order) for order in newest]


def _all_orders(customer: Customer) -> str:
    return list_of(Order, customer__id__exact=customer.pk)


def _event(event: OrderEvent) -> Line:
    order = event.order
    what = LABELS.get(event.kind, event.kind.replace("-", " "))
    return Line(f"Order {order.number} {what}", page_of(order), facts=[event.detail, event.actor])


def _of_customer(request: HttpRequest, customer: Customer) -> Any:
    return OrderEvent.objects.filter(order__customer=customer).select_related("order")


def _of_order(request: HttpRequest, order: Order) -> Any:
    return OrderEvent.objects.filter(order=order).select_related("order")


@action(
    description="Place an order",
    icon="add_shopping_cart",
    url_path="place-an-order",
    permissions=["place_order"],
    variant=ActionVariant.PRIMARY,
)
def place_order(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """To the form of a new order for this customer."""
    return redirect(f"{reverse('admin:orders_order_add')}?customer={int(object_id)}")


@action(
    description="Order a kit",
    icon="genetics",
    url_path="order-a-kit",
    permissions=["order_kit"],
)
def order_kit(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """To the form of a new order of a DNA kit for this customer."""
    return redirect(f"{reverse('admin:orders_dnakitorder_add')}?customer={int(object_id)}")


def may_place(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whoever may place orders, for the customers that they see."""
    allowed: bool = request.user.has_perm("orders.add_order")
    return allowed and bool(page.has_view_permission(request))


def may_order_kit(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """The same of kits."""
    allowed: bool = request.user.has_perm("orders.add_dnakitorder")
    return allowed and bool(page.has_view_permission(request))


CUSTOMERS_PANEL = Panel("Orders and kits", "orders.view_order", _orders, _all_orders, place=20)
CUSTOMERS_TIMELINE = Source("order", "orders.view_order", _of_customer, _event)
TIMELINE = Source("order", "orders.view_order", _of_order, _event)
