"""What services report and nobody here understands: kept as it came, and put before staff.

It stands among the delivery reports, moves nothing, and is one case a service, however much there
is. At most 10,000 things are kept of each.
"""

import hashlib
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from core import cases
from core.cases import CaseDraft
from core.database import clock
from core.models import Circuit
from notifications.channels import transports
from notifications.delivery.failover import circuit_name
from notifications.models import DeliveryReport
from notifications.models.notifications import NOT_UNDERSTOOD

KIND = "reports-not-understood"
MOST = 10_000
LONGEST = 64 * 1024

HAPPENED = (
    "It reports something that we do not understand: a new status, or what cannot be read. It is "
    "kept as it came among the delivery reports, and the rest of what it reports is applied."
)


@transaction.atomic
def keep(channel: str, provider: str, came: bytes, problem: str) -> None:
    """Keep it once, the oldest beyond so many no longer; what is new is a case.

    `problem` says what we cannot read, and repeats nothing of it.
    """
    _, is_new = DeliveryReport.objects.get_or_create(
        provider=provider,
        reference=hashlib.sha256(came).hexdigest(),
        recipient="",
        status=NOT_UNDERSTOOD,
        defaults={"reason": problem[:200], "raw": came[:LONGEST]},
    )
    if not is_new:
        return
    kept = DeliveryReport.objects.filter(provider=provider, status=NOT_UNDERSTOOD)
    kept.filter(pk__in=kept.order_by("-id").values("pk")[MOST:]).delete()
    service, _ = Circuit.objects.get_or_create(name=circuit_name(channel, provider))
    cases.open(describe([service]))


def set_aside(service: Circuit, *, by: str, reason: str) -> None:
    """Leave what waits as it is: it stays kept, and is nobody's work any more."""
    _open().filter(provider=_provider(service)).update(set_aside_at=clock.now())
    cases.resolve(KIND, [service.pk], by=by, resolution=reason)


def waiting_services() -> "QuerySet[Circuit]":
    """The services of which something waits."""
    waiting = set(_open().order_by().values_list("provider", flat=True).distinct())
    names = [circuit_name(*key) for key in transports() if key[1] in waiting]
    return Circuit.objects.filter(name__in=names)


def describe(services: Sequence[Circuit]) -> list[CaseDraft]:
    """Their cases. What was reported stands in the list, for those who may see addresses."""
    return [
        CaseDraft(
            kind=KIND,
            subject=service.pk,
            title=f"What {_provider(service)} reports",
            summary=HAPPENED,
            source=_provider(service),
        )
        for service in services
    ]


def _provider(service: Circuit) -> str:
    return service.name.rsplit(":", 1)[1]


def _open() -> "QuerySet[DeliveryReport]":
    return DeliveryReport.objects.filter(status=NOT_UNDERSTOOD, set_aside_at=None)
