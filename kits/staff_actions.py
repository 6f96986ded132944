"""The kinds of cases that kits make, and what staff can do about each."""

from functools import partial

from core.cases import Action, Kind, register
from kits import cases
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
_kind = partial(Kind, scope_prefix="kits", view_permission=VIEW, actions=[CLOSE])


def register_kinds() -> None:
    """Register what can go wrong here."""
    register(
        _kind(cases.LABEL, "Return label that does not fit", Kit),
        _kind(cases.MISSING, "Parcel without its kit", Shipment),
    )
