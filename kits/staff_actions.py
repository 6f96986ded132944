"""The kinds of cases that kits make, and what staff can do about each."""

from functools import partial

from core.cases import Action, Kind, register
from kits import cases
from kits.laboratory import receipt, replacing
from kits.models import Kit
from shipping.models import Shipment

VIEW = "kits.view_kit"
CHANGE = "kits.change_kit"

CLOSE = Action(
    "close",
    "Close the case",
    CHANGE,
    help_text="Nothing changes but this list.",
    needs_reason=True,
    closes=True,
)


def _replace(kit: Kit, *, by: str, reason: str) -> str:
    order = replacing.replace(kit, by=by, reason=reason)
    return f"It is sent anew by order {order.number}."


RESUME = Action(
    "resume",
    "Resume it",
    CHANGE,
    help_text="The person said what was missing: the kit is accepted.",
    needs_reason=True,
    run=receipt.resume,
)
REPLACE = Action(
    "replace",
    "Send another kit",
    CHANGE,
    help_text="An order for nothing, to where the first one went; the customer is told of it.",
    is_available=replacing.may_be_replaced,
    run=_replace,
)
_kind = partial(Kind, scope_prefix="kits", view_permission=VIEW)


def register_kinds() -> None:
    """Register what can go wrong here."""
    register(
        _kind(cases.LABEL, "Return label that does not fit", Kit, actions=[CLOSE]),
        _kind(cases.MISSING, "Parcel without its kit", Shipment, actions=[CLOSE]),
        _kind(
            cases.WAITING,
            "Kit that waits for its person",
            Kit,
            actions=[RESUME, CLOSE],
            subjects=cases.waiting,
            to_cases=cases.describe_rejected,
        ),
        _kind(
            cases.FINAL,
            "Kit rejected for good",
            Kit,
            actions=[REPLACE, CLOSE],
            subjects=cases.final,
            to_cases=cases.describe_rejected,
        ),
    )
