"""The kinds of cases that messages make, and what staff can do about each."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from core.cases import Action, CaseDraft, Kind, register
from core.models import Circuit
from notifications import cases
from notifications.channels import channel_choices
from notifications.delivery.failover import halted
from notifications.delivery.incoming import unreadable
from notifications.models import Balance, Notification
from notifications.services import resend
from notifications.staff_actions import resolutions

VIEW, CHANGE = "notifications.view_notification", "notifications.change_notification"


class ChannelForm(forms.Form):
    """By which other channel."""

    channel = forms.ChoiceField(choices=channel_choices)


def _by_other_channel(row: Notification, *, channel: str, **decision: Any) -> None:
    resolutions.send_by_other_channel(row, channel, **decision)


def _try_now(circuit: Circuit, *, by: str, reason: str) -> None:
    resolutions.try_service_now(circuit, by=by)


def _set_aside(circuit: Circuit, *, by: str, reason: str) -> None:
    unreadable.set_aside(circuit, by=by, reason=reason)


_ACTIONS = [
    Action(
        "resend",
        "Send again",
        CHANGE,
        "To the customer's present address, by the same channel.",
        needs_reason=True,
        risk=cases.twice_risk,
        run=resend,
    ),
    Action(
        "other-channel",
        "Send by another channel",
        CHANGE,
        "The same words, in a message of its own.",
        needs_reason=True,
        risk=cases.twice_risk,
        form=ChannelForm,
        run=_by_other_channel,
    ),
    Action(
        "close",
        "Leave it",
        CHANGE,
        "It stays as it is, and nobody has to look at it any more.",
        needs_reason=True,
        run=resolutions.close,
    ),
]


def _messages(name: str, label: str, rows: Q) -> Kind:
    def subjects() -> QuerySet[Notification]:
        return Notification.objects.filter(rows, closed_at=None)

    def describe(messages: Sequence[Notification]) -> list[CaseDraft]:
        return cases.describe(name, messages)

    return Kind(
        name,
        label,
        Notification,
        "notifications",
        VIEW,
        actions=_ACTIONS,
        subjects=subjects,
        to_cases=describe,
        related=("customer",),
    )


_TRY_NOW = Action(
    "try-now",
    "Try it now",
    CHANGE,
    "One message goes as a probe; when it is taken, the others follow.",
    run=_try_now,
)
_SET_ASIDE = Action(
    "set-aside",
    "Set aside",
    CHANGE,
    "All of it stays kept among the delivery reports.",
    needs_reason=True,
    run=_set_aside,
)
_LEAVE_IT = Action("close", "Leave it", CHANGE, needs_reason=True, closes=True)


def _service(name: str, label: str, model: Any, action: Action, **queries: Any) -> Kind:
    return Kind(name, label, model, "notifications", VIEW, actions=[action], **queries)


def register_kinds() -> None:
    """Register the kinds of cases that messages make."""
    wrong = Q(state="failed")
    register(
        _messages(cases.UNKNOWN, "Message that may not have been sent", Q(state="unknown")),
        _messages(cases.FAILED, "Message that was not sent", wrong & Q(sent_at=None)),
        _messages(cases.UNDELIVERED, "Message that did not arrive", wrong & ~Q(sent_at=None)),
        _service(
            cases.HALTED,
            "Service through which nothing goes",
            Circuit,
            _TRY_NOW,
            subjects=halted,
            to_cases=cases.describe_halted,
        ),
        _service(
            unreadable.KIND,
            "Reports not understood",
            Circuit,
            _SET_ASIDE,
            subjects=unreadable.waiting_services,
            to_cases=unreadable.describe,
        ),
        _service(
            cases.LOW_BALANCE,
            "Account that runs dry",
            Balance,
            _LEAVE_IT,
            subjects=Balance.low,
            to_cases=cases.describe_low,
        ),
    )
