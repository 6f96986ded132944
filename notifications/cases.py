"""What of messages waits for staff, in the queue that all of Dosette shares (core/cases).

What staff can do about it is in `staff_actions`, above the verbs.
"""

from collections.abc import Iterable, Sequence

from core import cases
from core.cases import CaseDraft
from core.cases.models import Case
from core.models import Circuit
from notifications.channels import channel_choices, channels
from notifications.models import Balance, Notification

UNKNOWN, FAILED, UNDELIVERED = "message-unknown", "message-failed", "message-undelivered"
HALTED, LOW_BALANCE = "service-halted", "balance-low"
OF_MESSAGES = (UNKNOWN, FAILED, UNDELIVERED)
EARLIER = " An earlier try may have arrived all the same."
TWICE = "If it did arrive after all, the customer gets it twice."


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
    cases.open(draft for kind, some in wrong.items() if kind for draft in describe(kind, some))
    for kind in OF_MESSAGES:
        fine = [row.pk for other, some in wrong.items() if other != kind for row in some]
        cases.resolve(kind, fine, by=by, resolution=how or "It is no longer so.")


_HAPPENED = {
    UNKNOWN: "It was sent, but no usable answer came: nobody knows whether it was taken.",
    FAILED: "It was not sent.",
    UNDELIVERED: "It was sent, and did not arrive.",
}


def describe(kind: str, rows: Sequence[Notification]) -> list[CaseDraft]:
    """The cases of messages that went wrong."""
    return [
        CaseDraft(
            kind,
            row.pk,
            f"Message {row.pk}, {channels()[row.channel].label} by {row.provider}",
            _HAPPENED[kind] + (EARLIER if row.may_have_arrived else ""),
            row.last_error,
            row.provider,
        )
        for row in rows
    ]


# --- services -------------------------------------------------------------------------------


def describe_halted(circuits: Sequence[Circuit]) -> list[CaseDraft]:
    """The cases of services through which nothing goes."""
    drafts = []
    for circuit in circuits:
        _, channel, provider = circuit.name.split(":")
        label = dict(channel_choices()).get(channel, channel)
        drafts.append(
            CaseDraft(
                HALTED,
                circuit.pk,
                f"No {label} goes out by {provider}",
                "The service says that nothing goes through until somebody acts. What waits is "
                "tried again every 15 minutes, or goes by another service where there is one.",
                circuit.halted,
                provider,
            )
        )
    return drafts


def service_halted(circuit: Circuit) -> None:
    """Open the case of a service through which nothing goes."""
    cases.open(describe_halted([circuit]))


def service_works(name: str) -> None:
    """Close the case of a service that takes messages again."""
    works = Circuit.objects.filter(name=name, halted="")
    open_ones = Case.objects.filter(kind=HALTED, closed_at=None).values("subject_id")
    keys = list(works.filter(pk__in=open_ones).values_list("pk", flat=True))
    cases.resolve(HALTED, keys, by="system", resolution="It takes messages again.")


def describe_low(balances: Sequence[Balance]) -> list[CaseDraft]:
    """The cases of accounts that run dry."""
    return [
        CaseDraft(
            LOW_BALANCE,
            balance.pk,
            f"The account at {balance.provider} runs dry",
            f"It holds {balance.currency} {balance.amount or 0:.2f}, less than the "
            f"{balance.threshold:.2f} of BALANCE_ALERTS.",
            source=balance.provider,
        )
        for balance in balances
    ]
