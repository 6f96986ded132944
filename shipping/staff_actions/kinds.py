"""The kinds of cases that parcels make, and which actions each offers to staff."""

from typing import Any

from django.db.models import Model

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


def _kind(name: str, label: str, model: type[Model], *actions: Action, **more: Any) -> Kind:
    return Kind(
        name=name,
        label=label,
        model=model,
        scope_prefix="shipping",
        view_permission=VIEW,
        actions=actions,
        **more,
    )


def _of_state(state: str, label: str, *actions: Action) -> Kind:
    reads: Any = {"subjects": cases.in_state(state), "to_cases": cases.describe}
    return _kind(cases.OF_STATE[state], label, Shipment, *actions, CLOSE, **reads)


def _of_provider(kind: str) -> Kind:
    return _kind(
        kind,
        provider_cases.LABELS[kind],
        ProviderProfile,
        CLOSE,
        subjects=provider_cases.providers_with(kind),
        to_cases=provider_cases.described_as(kind),
        lists=provider_cases.lists_of(kind),
    )


STALLED = _kind(
    cases.STALLED,
    "Without news",
    Shipment,
    *(ASK, WAIT, CLOSE),
    subjects=cases.stalled,
    to_cases=cases.describe_stalled,
)
PARKED = _kind(
    cases.PARKED,
    "Events without a parcel",
    TrackingEvent,
    *(ASSIGN, CLOSE),
    subjects=cases.parked,
    to_cases=cases.describe_parked,
)
FLOODED = _kind(
    cases.FLOODED,
    "Many events without a parcel",
    ProviderProfile,
    CLOSE,
    subjects=cases.flooded,
    to_cases=cases.describe_flooded,
    lists=cases.lists_of_flood,
)
UNREADABLE = _kind(
    unreadable.KIND,
    "Events not understood",
    ProviderProfile,
    *(READ_AGAIN, SET_ASIDE),
    subjects=unreadable.providers_waiting,
    to_cases=unreadable.describe,
    lists=unreadable.lists,
)


def register_kinds() -> None:
    """Register what can go wrong here."""
    register(
        _of_state("unknown", "Outcome unknown", RETRY, ASK, CONFIRM_ACCEPTED, REROUTE, CANCEL),
        _of_state("rejected", "Rejected", CORRECT, RETRY, REROUTE, CANCEL),
        _of_state("failed-to-deliver", "Failed to deliver", RESEND, HOLD, TAKE_BACK, CANCEL),
        STALLED,
        PARKED,
        *map(_of_provider, provider_cases.LABELS),
        FLOODED,
        UNREADABLE,
    )
