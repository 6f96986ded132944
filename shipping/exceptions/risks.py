"""What speaks against sending a parcel once more, or giving it up: somebody may have it already.

`doubtful` is about the provider that a shipment goes by, `may_be_with` about those that may hold
another parcel of it: staff sent it again, or elsewhere, although a try was in doubt. A second try
that is refused says nothing of the first, so neither is ever cleared by one.
"""

from django.db.models import Q, QuerySet

from core.risks import weigh
from shipping import providers
from shipping.models import Shipment
from shipping.states import ShipmentState


def resend_risk(shipment: Shipment) -> str:
    """What speaks against sending it again to the same provider; empty when nothing does."""
    if shipment.doubtful and not resend_is_safe(shipment.provider):
        return (
            f"{shipment.provider} may have it already. It cannot be asked, and would take it a "
            "second time: ask them by telephone first."
        )
    return _held_by(set(shipment.may_be_with))


def weigh_resend(shipment: Shipment, *, despite_risk: bool, reason: str) -> str:
    """What the history keeps of sending it again to the same provider. Raises as `weigh` does."""
    return weigh(resend_risk(shipment), despite_risk=despite_risk, reason=reason)


def second_parcel_risk(shipment: Shipment) -> str:
    """What speaks against giving it to another provider, or giving it up; empty when nothing."""
    return _held_by(holders(shipment))


def another_parcel_risk(shipment: Shipment) -> str:
    """What speaks against yet another parcel in the place of one that failed; empty when nothing.

    What was sent in its place before counts too: a cancelled one may have been taken all the same.
    """
    places = list(in_one_place(shipment).order_by("id"))
    arrived = [parcel.reference for parcel in places if parcel.state == ShipmentState.DELIVERED]
    if arrived:
        return f"{' and '.join(arrived)} was delivered."
    return _held_by(set().union(*map(holders, places)))


def in_one_place(shipment: Shipment) -> QuerySet[Shipment]:
    """The parcel that was sent first and all that were sent in its place, this one among them."""
    first = shipment
    while first.resend_of is not None:
        first = first.resend_of
    later = Q(order_id=first.order_id, reference__startswith=f"{first.reference}-")
    return Shipment.objects.filter(Q(pk=first.pk) | later)


def holders(shipment: Shipment) -> set[str]:
    """The providers that may have a parcel of it without our knowing."""
    return {*shipment.may_be_with, *([shipment.provider] if shipment.doubtful else [])}


def holders_after_resend(shipment: Shipment) -> list[str]:
    """Those of `may_be_with` when it goes to its provider again."""
    beside = set(shipment.may_be_with)
    if shipment.doubtful and not resend_is_safe(shipment.provider):
        beside.add(shipment.provider)
    return sorted(beside)


def resend_is_safe(name: str) -> bool:
    """Whether the same key again makes no second parcel there; false for one that is not there."""
    return name in providers.names() and providers.get(name).resend_is_safe


def _held_by(names: set[str]) -> str:
    if not names:
        return ""
    return f"{' and '.join(sorted(names))} may have it already, and deliver it all the same."
