"""The kinds of cases that parcels make, and which actions each offers to staff."""

from core.cases import Action, Kind, register
from shipping.exceptions import cases, provider_cases
from shipping.models import ProviderProfile, Shipment, TrackingEvent
from shipping.staff_actions.actions import (
    ASK,
    ASSIGN,
    CANCEL,
    CLOSE,
    CONFIRM_ACCEPTED,
    CORRECT,
    HOLD,
    READ_AGAIN,
    REROUTE,
    RESEND,
    RETRY,
    SET_ASIDE,
    TAKE_BACK,
    WAIT,
)
from shipping.tracking import unreadable

VIEW = "shipping.view_shipment"


def _of_state(state: str, label: str, *actions: Action) -> Kind:
    return Kind(
        name=cases.OF_STATE[state],
        label=label,
        model=Shipment,
        scope_prefix="shipping",
        view_permission=VIEW,
        actions=[*actions, CLOSE],
        subjects=cases.in_state(state),
        to_cases=cases.describe,
    )


def _of_provider(kind: str) -> Kind:
    return Kind(
        name=kind,
        label=provider_cases.LABELS[kind],
        model=ProviderProfile,
        scope_prefix="shipping",
        view_permission=VIEW,
        actions=[CLOSE],
        subjects=provider_cases.providers_with(kind),
        to_cases=provider_cases.described_as(kind),
        lists=provider_cases.lists_of(kind),
    )


def register_kinds() -> None:
    """Register what can go wrong here."""
    register(
        _of_state("unknown", "Outcome unknown", RETRY, ASK, CONFIRM_ACCEPTED, REROUTE, CANCEL),
        _of_state("rejected", "Rejected", CORRECT, RETRY, REROUTE, CANCEL),
        _of_state("failed-to-deliver", "Failed to deliver", RESEND, HOLD, TAKE_BACK, CANCEL),
        Kind(
            name=cases.STALLED,
            label="Without news",
            model=Shipment,
            scope_prefix="shipping",
            view_permission=VIEW,
            actions=[ASK, WAIT, CLOSE],
            subjects=cases.stalled,
            to_cases=cases.describe_stalled,
        ),
        Kind(
            name=cases.PARKED,
            label="Events without a parcel",
            model=TrackingEvent,
            scope_prefix="shipping",
            view_permission=VIEW,
            actions=[ASSIGN, CLOSE],
            subjects=cases.parked,
            to_cases=cases.describe_parked,
        ),
        *map(_of_provider, provider_cases.LABELS),
        Kind(
            name=cases.FLOODED,
            label="Many events without a parcel",
            model=ProviderProfile,
            scope_prefix="shipping",
            view_permission=VIEW,
            actions=[CLOSE],
            subjects=cases.flooded,
            to_cases=cases.describe_flooded,
            lists=cases.lists_of_flood,
        ),
        Kind(
            name=unreadable.KIND,
            label="Events not understood",
            model=ProviderProfile,
            scope_prefix="shipping",
            view_permission=VIEW,
            actions=[READ_AGAIN, SET_ASIDE],
            subjects=unreadable.providers_waiting,
            to_cases=unreadable.describe,
            lists=unreadable.lists,
        ),
    )
