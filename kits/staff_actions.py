"""The kinds of cases that kits make, and what staff can do about each."""

from functools import partial

from core.cases import Action, Kind, register
from kits import cases, services
from kits.clocks import overdue
from kits.laboratory import receipt, replacing
from kits.models import Kit, Lot
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
GIVE_UP = Action(
    "give-up",
    "Give it up as lost",
    CHANGE,
    help_text="Another one may be sent in its place.",
    needs_reason=True,
    run=services.report_lost,
)
_kind = partial(Kind, scope_prefix="kits", view_permission=VIEW)


def _of_time() -> list[Kind]:
    """What is one because time has passed."""
    return [
        _kind(
            cases.EXPIRING,
            "Lot that expires soon",
            Lot,
            actions=[CLOSE],
            subjects=overdue.expiring,
            to_cases=overdue.describe_expiring,
        ),
        _kind(
            cases.NOT_BACK,
            "Kit that does not come back",
            Kit,
            actions=[GIVE_UP, CLOSE],
            subjects=overdue.not_back,
            to_cases=overdue.describe_not_back,
            related=("lot__product",),
        ),
        _kind(
            cases.AGING,
            "Sample that grows too old",
            Kit,
            actions=[CLOSE],
            subjects=overdue.aging,
            to_cases=overdue.describe_aging,
        ),
        _kind(
            cases.LAB_LATE,
            "Kit without a result",
            Kit,
            actions=[CLOSE],
            subjects=overdue.lab_late,
            to_cases=overdue.describe_lab_late,
        ),
    ]


def register_kinds() -> None:
    """Register what can go wrong here."""
    register(
        _kind(cases.LABEL, "Return label that does not fit", Kit, actions=[CLOSE]),
        _kind(cases.UNDER_AGE, "Kit for somebody under age", Kit, actions=[CLOSE]),
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
        *_of_time(),
    )
