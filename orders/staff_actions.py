"""The kinds of cases that orders make, and what staff can do about each."""

from datetime import timedelta
from typing import Any

from core.cases import Action, Kind, register
from customers.forms import AddressForm
from customers.models import LONGEST_LINE
from customers.services import Added
from orders import cases, services
from orders.models import Order

VIEW = "orders.view_order"
CHANGE = "orders.change_order"


def _known_address(order: Order) -> dict[str, str]:
    """What the form begins with: the customer's default address, else the newest, else the name."""
    customer = order.customer
    known = customer.default_address or customer.addresses.order_by("-id").first()
    if known:
        return known.address()
    return {"recipient": customer.name} if len(customer.name) <= LONGEST_LINE else {}


def _preview(order: Order) -> str:
    if order.customer.addresses.exists():
        rest = "Other orders and the address book stay as they are."
    else:
        rest = (
            "The customer has no address: this becomes their default one, and other orders of "
            "theirs that wait for an address go there too."
        )
    return f"{order.number} ships there at once. {rest}"


def _give_address(order: Order, *, by: str, reason: str, **address: Any) -> str:
    return describe_kept_address(services.give_address(order, address, by=by, detail=reason[:500]))


def describe_kept_address(kept: Added | None) -> str:
    """What became of the address that an order was given, where it was the customer's first."""
    if kept is None:
        return ""
    text = "The customer had no address: it is their default one now."
    return f"{text} {', '.join(kept.shipped)} waited too, and goes there." if kept.shipped else text


GIVE_ADDRESS = Action(
    "give-address",
    "Give an address",
    CHANGE,
    preview=_preview,
    form=AddressForm,
    initial=_known_address,
    run=_give_address,
)
CANCEL = Action(
    "cancel",
    "Cancel the order",
    CHANGE,
    help_text="Nothing is sent, and the customer is told so.",
    needs_reason=True,
    run=services.cancel_order,
)


def register_kinds() -> None:
    """Register what can go wrong here."""
    register(
        Kind(
            name=cases.WITHOUT_ADDRESS,
            label="Order without an address",
            model=Order,
            scope_prefix="orders",
            view_permission=VIEW,
            actions=[GIVE_ADDRESS, CANCEL],
            subjects=cases.waiting,
            to_cases=cases.describe,
            related=("customer",),
            due_within=timedelta(hours=8),
        )
    )
