"""A kit that cannot be used is sent anew, for nothing."""

from copy import copy
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from core import cases
from core.workflow import TransitionNotAllowedError
from kits import cases as kit_cases
from kits.models import Kit, KitEvent, Replacement
from kits.models.limits import limits_of
from kits.models.locking import lock_with_order
from kits.places import is_place_free
from kits.values.reasons import is_final
from orders.models import Order, OrderEvent
from orders.services import Delivery, place_order


@transaction.atomic
def replace(kit: Kit, *, by: str, reason: str = "") -> Order:
    """The order by which a kit is sent anew: placed now, or the one that was placed before.

    It costs nothing and goes where the kit went. Raises TransitionNotAllowedError unless the kit
    was rejected for good, or is lost and its place is free, and when it was sent anew as often as
    staff allow.
    """
    locked = lock_with_order(kit)
    known = Replacement.objects.select_related("order").filter(kit=locked).first()
    if known:
        return known.order
    _check(locked)
    order = _place(locked, by=by)
    Replacement.objects.create(kit=locked, order=order, actor=by)
    detail = f"by order {order.number}. {reason}".strip()[:500]
    KitEvent.objects.create(kit=locked, kind="replaced", actor=by, detail=detail)
    said = f"in place of kit {locked}"
    OrderEvent.objects.create(order=order, kind="replacement", actor=by, detail=said)
    how = f"It is sent anew by order {order.number}."
    cases.resolve(kit_cases.FINAL, [locked.pk], by=by, resolution=how)
    return order


def may_be_replaced(kit: Kit) -> bool:
    """Whether it is of no use, and nothing was sent in its place, nor packed for it."""
    if not kit.shipment_id or hasattr(kit, "replacement"):
        return False
    if kit.state == "lost":
        return is_place_free(kit)
    return kit.state == "rejected" and is_final(kit.reason)


def replacements_before(kit: Kit) -> int:
    """How many kits were sent anew before this one, one after the other."""
    count, before = 0, _before(kit)
    while before:
        count, before = count + 1, _before(before.kit)
    return count


def _before(kit: Kit) -> Replacement | None:
    """That by which this kit was sent."""
    if kit.shipment is None:
        return None
    sent = Replacement.objects.select_related("kit__shipment")
    return sent.filter(order=kit.shipment.order_id).first()


def _check(kit: Kit) -> None:
    if not may_be_replaced(kit):
        raise TransitionNotAllowedError(
            f"Kit {kit} is {kit.state}: one is sent anew that was rejected for good, or is lost "
            "and no other was packed in its place."
        )
    most = limits_of(kit.lot.product).most_replacements
    if replacements_before(kit) >= most:
        raise TransitionNotAllowedError(
            f"Kit {kit} is not sent anew: {most} replacement(s) of a {kit.kit_type} kit are the "
            "limit that staff set. Talk to the customer."
        )


def _place(kit: Kit, *, by: str) -> Order:
    assert kit.shipment  # noqa: S101 - one that has none may not be replaced
    product = copy(kit.lot.product)
    product.price = Decimal("0.00")
    product.is_active = True  # what was sold is replaced, on sale or not
    before = kit.shipment
    delivery = Delivery(before.address(), service=before.delivery_service, is_kept=True)
    try:
        customer = before.order.customer
        return place_order(customer, lines=[(product, 1)], delivery=delivery, by=by)
    except ValidationError as error:
        raise TransitionNotAllowedError(f"Not sent anew: {' '.join(error.messages)}") from error
