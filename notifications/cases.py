"""What of messages waits for staff, in the queue that all of Dosette shares (core/cases)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from core import cases
from core.cases import Action, Kind, Trouble
from core.cases.models import Case
from core.models import Circuit
from notifications.channels import channel_choices, channels
from notifications.delivery import unreadable
from notifications.delivery.failover import halted
from notifications.models import Balance, Notification

UNKNOWN, FAILED, UNDELIVERED = "message-unknown", "message-failed", "message-undelivered"
HALTED, LOW_BALANCE = "service-halted", "balance-low"
OF_MESSAGES = (UNKNOWN, FAILED, UNDELIVERED)
VIEW, CHANGE = "notifications.view_notification", "notifications.change_notification"
EARLIER = " An earlier try may have arrived all the same."
TWICE = "If it did arrive after all, the customer gets it twice."


class ChannelForm(forms.Form):
    """By which other channel."""

    channel = forms.ChoiceField(choices=channel_choices)


def kind_of(row: Notification) -> str:
    """The case that a message is; "" when nothing is wrong with it."""
    if row.closed_at or row.state not in ("unknown", "failed"):
        return ""
    if row.state == "unknown":
        return UNKNOWN
    return UNDELIVERED if row.sent_at else FAILED


def twice_risk(row: Notification) -> str:
    """What speaks against sending it once more; empty when it certainly did not arrive."""
    in_doubt = row.state == "unknown" or row.doubtful or row.may_have_arrived
    return TWICE if in_doubt else ""


def keep_in_step(rows: Iterable[Notification], *, by: str = "system", how: str = "") -> None:
    """Open the case of each message that went wrong, and close those of the others.

    In the transaction that changed them.
    """
    wrong: dict[str, list[Notification]] = {}
    for row in rows:
        wrong.setdefault(kind_of(row), []).append(row)
    cases.open(trouble for kind, some in wrong.items() if kind for trouble in _told(kind, some))
    for kind in OF_MESSAGES:
        fine = [row.pk for other, some in wrong.items() if other != kind for row in some]
        cases.settle(kind, fine, by=by, how=how or "It is no longer so.")


_HAPPENED = {
    UNKNOWN: "It was sent, but no usable answer came: nobody knows whether it was taken.",
    FAILED: "It was not sent.",
    UNDELIVERED: "It was sent, and did not arrive.",
}


def _told(kind: str, rows: Sequence[Notification]) -> list[Trouble]:
    return [
        Trouble(
            kind,
            row.pk,
            f"Message {row.pk}, {channels()[row.channel].label} by {row.provider}",
            _HAPPENED[kind] + (EARLIER if row.may_have_arrived else ""),
            row.last_error,
            row.provider,
        )
        for row in rows
    ]


def _messages(name: str, label: str, rows: Q) -> Kind:
    def troubled() -> QuerySet[Notification]:
        return Notification.objects.filter(rows, closed_at=None)

    def describe(found: Sequence[Notification]) -> list[Trouble]:
        return _told(name, found)

    return Kind(
        name,
        label,
        Notification,
        "notifications",
        VIEW,
        actions=_ACTIONS,
        troubled=troubled,
        describe=describe,
        related=("customer",),
    )


# The verbs stand above this module: they open and close cases themselves.
def _resend(row: Notification, **decision: Any) -> None:
    from notifications.services import resend

    resend(row, **decision)


def _by_other_channel(row: Notification, *, channel: str, **decision: Any) -> None:
    from notifications.staff_actions.resolutions import send_by_other_channel

    send_by_other_channel(row, channel, **decision)


def _close(row: Notification, *, by: str, reason: str) -> None:
    from notifications.staff_actions.resolutions import close

    close(row, by=by, reason=reason)


_ACTIONS = [
    Action(
        "resend",
        "Send again",
        CHANGE,
        "To the customer's present address, by the same channel.",
        needs_reason=True,
        safe=twice_risk,
        run=_resend,
    ),
    Action(
        "other-channel",
        "Send by another channel",
        CHANGE,
        "The same words, in a message of its own.",
        needs_reason=True,
        safe=twice_risk,
        form=ChannelForm,
        run=_by_other_channel,
    ),
    Action(
        "close",
        "Leave it",
        CHANGE,
        "It stays as it is, and nobody has to look at it any more.",
        needs_reason=True,
        run=_close,
    ),
]


# --- services -------------------------------------------------------------------------------


def _halted_services(circuits: Sequence[Circuit]) -> list[Trouble]:
    troubles = []
    for circuit in circuits:
        _, channel, provider = circuit.name.split(":")
        label = dict(channel_choices()).get(channel, channel)
        troubles.append(
            Trouble(
                HALTED,
                circuit.pk,
                f"No {label} goes out by {provider}",
                "The service says that nothing goes through until somebody acts. What waits is "
                "tried again every 15 minutes, or goes by another service where there is one.",
                circuit.halted,
                provider,
            )
        )
    return troubles


def service_halted(circuit: Circuit) -> None:
    """Open the case of a service through which nothing goes."""
    cases.open(_halted_services([circuit]))


def service_works(name: str) -> None:
    """Close the case of a service that takes messages again."""
    works = Circuit.objects.filter(name=name, halted="")
    open_ones = Case.objects.filter(kind=HALTED, closed_at=None).values("subject_id")
    found = list(works.filter(pk__in=open_ones).values_list("pk", flat=True))
    cases.settle(HALTED, found, by="system", how="It takes messages again.")


def _try_now(circuit: Circuit, *, by: str, reason: str) -> None:
    from notifications.staff_actions.resolutions import try_service_now

    try_service_now(circuit, by=by)


def _set_aside(circuit: Circuit, *, by: str, reason: str) -> None:
    unreadable.set_aside(circuit, by=by, reason=reason)


def low_balances(balances: Sequence[Balance]) -> list[Trouble]:
    """The cases of accounts that run dry."""
    return [
        Trouble(
            LOW_BALANCE,
            balance.pk,
            f"The account at {balance.provider} runs dry",
            f"It holds {balance.currency} {balance.amount or 0:.2f}, less than the "
            f"{balance.threshold:.2f} of BALANCE_ALERTS.",
            source=balance.provider,
        )
        for balance in balances
    ]


def register() -> None:
    """Tell the queue what of messages can go wrong."""
    wrong = Q(state="failed")
    cases.register(
        _messages(UNKNOWN, "Message that may not have been sent", Q(state="unknown")),
        _messages(FAILED, "Message that was not sent", wrong & Q(sent_at=None)),
        _messages(UNDELIVERED, "Message that did not arrive", wrong & ~Q(sent_at=None)),
        Kind(
            HALTED,
            "Service through which nothing goes",
            Circuit,
            "notifications",
            VIEW,
            actions=[
                Action(
                    "try-now",
                    "Try it now",
                    CHANGE,
                    "One message goes as a probe; when it is taken, the others follow.",
                    run=_try_now,
                )
            ],
            troubled=halted,
            describe=_halted_services,
        ),
        Kind(
            unreadable.KIND,
            "Reports not understood",
            Circuit,
            "notifications",
            VIEW,
            actions=[
                Action(
                    "set-aside",
                    "Set aside",
                    CHANGE,
                    "All of it stays kept among the delivery reports.",
                    needs_reason=True,
                    run=_set_aside,
                )
            ],
            troubled=unreadable.troubled,
            describe=unreadable.describe,
        ),
        Kind(
            LOW_BALANCE,
            "Account that runs dry",
            Balance,
            "notifications",
            VIEW,
            actions=[
                Action("close", "Leave it", CHANGE, needs_reason=True, closes=True),
            ],
            troubled=Balance.low,
            describe=low_balances,
        ),
    )
