"""What runs out: lots, the time to send a kit back, samples, and a laboratory's time.

Each is a case before, or when, the time that staff set for the kit type is over; the sweeper opens
and closes them. A kit type without limits of its own has the defaults.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from clinical.models import Sample
from core.cases import CaseDraft
from core.database import clock
from kits.cases import AGING, EXPIRING, LAB_LATE, NOT_BACK
from kits.models import Kit, KitLimits, Lot
from kits.states import FREE, WITH_PERSON

# So long before a sample is too old it is a case.
AGING_WARNING = timedelta(hours=24)
BLANK = KitLimits()  # the defaults


def expiring() -> QuerySet[Lot]:
    """The lots that expire soon, of which kits are on the shelf or with somebody."""
    today = clock.now().date()
    soon = _by_type(
        "product", lambda limits: Q(expires_on__lte=today + timedelta(limits.expiry_warning_days))
    )
    of_use = Kit.objects.filter(lot=OuterRef("pk"), state__in=(FREE, "packed", *WITH_PERSON))
    return Lot.objects.filter(soon, Exists(of_use))


def describe_expiring(lots: Sequence[Lot]) -> list[CaseDraft]:
    """A case for each of them."""
    kits = Kit.objects.filter(lot__in=lots, state__in=(FREE, "packed", *WITH_PERSON))
    counted = (
        kits.order_by()
        .values("lot")
        .annotate(here=Count("pk", filter=Q(state__in=(FREE, "packed"))), out=Count("pk"))
    )
    of_lot = {row["lot"]: (row["here"], row["out"]) for row in counted}
    return [_expiring(lot, *of_lot.get(lot.pk, (0, 0))) for lot in lots]


def _expiring(lot: Lot, here: int, all_of_use: int) -> CaseDraft:
    return CaseDraft(
        EXPIRING,
        lot.pk,
        f"Lot {lot} expires on {lot.expires_on}",
        f"{here} kit(s) of it are here, {all_of_use - here} with customers. Use them first, or "
        "take them out.",
    )


def not_back() -> QuerySet[Kit]:
    """The kits that are with somebody for longer than they may be."""
    now = clock.now()
    late = _by_type(
        "lot__product", lambda limits: Q(since__lt=now - timedelta(limits.return_within_days))
    )
    return with_person().filter(late)


def with_person() -> QuerySet[Kit]:
    """The kits that are with somebody, `since` when."""
    kits = Kit.objects.filter(state__in=WITH_PERSON)
    return kits.annotate(since=Coalesce("delivered_at", "packed_at"))


def to_remind(now: datetime) -> QuerySet[Kit]:
    """The kits whose person is to be reminded, and was not."""
    due = _by_type(
        "lot__product", lambda limits: Q(since__lt=now - timedelta(limits.remind_after_days))
    )
    return with_person().filter(due, reminded_at=None)


def describe_not_back(kits: Sequence[Kit]) -> list[CaseDraft]:
    """A case for each of them."""
    return [
        CaseDraft(
            NOT_BACK,
            kit.pk,
            f"Kit {kit} does not come back",
            f"It is {kit.state} since {_day(kit.delivered_at or kit.packed_at)}: longer than a "
            f"{kit.kit_type} kit may be. Ask the customer, or give it up.",
        )
        for kit in kits
    ]


def aging() -> QuerySet[Kit]:
    """The kits that are not here, and whose sample is too old within a day."""
    sampled = Sample.objects.filter(serial=OuterRef("serial"), state="registered")
    kits = Kit.objects.filter(state__in=(*WITH_PERSON, "returning"))
    return kits.annotate(sampled_at=sampled.values("sampled_at")[:1]).filter(
        _by_type("lot__product", _too_old)
    )


def _too_old(limits: KitLimits) -> Q:
    if limits.stability_hours is None:
        return Q(pk__in=[])
    left = timedelta(hours=limits.stability_hours) - AGING_WARNING
    return Q(sampled_at__lt=clock.now() - left)


def describe_aging(kits: Sequence[Kit]) -> list[CaseDraft]:
    """A case for each of them."""
    return [
        CaseDraft(
            AGING,
            kit.pk,
            f"The sample in kit {kit} grows too old",
            f"It is {kit.state}, and its sample keeps for a day more at most. Find the parcel, or "
            "send another kit once it is here.",
        )
        for kit in kits
    ]


def lab_late() -> QuerySet[Kit]:
    """The kits that were received, and have no result for longer than a laboratory may take."""
    now = clock.now()
    late = _by_type(
        "lot__product", lambda limits: Q(received_at__lt=now - timedelta(limits.laboratory_days))
    )
    return Kit.objects.filter(late, state__in=("received", "accepted", "in-lab"))


def describe_lab_late(kits: Sequence[Kit]) -> list[CaseDraft]:
    """A case for each of them."""
    return [
        CaseDraft(
            LAB_LATE,
            kit.pk,
            f"No result of kit {kit}",
            f"It was received on {_day(kit.received_at)}, and is {kit.state}. Ask the laboratory.",
        )
        for kit in kits
    ]


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "an unknown day"


def _by_type(path: str, late: Callable[[KitLimits], Q]) -> Q:
    """What is late by the limits of its type; `path` leads to the product."""
    limits = list(KitLimits.objects.all())
    own = [each.product_id for each in limits]
    others = late(BLANK) & ~Q(**{f"{path}__in": own})
    return reduce(or_, (late(each) & Q(**{path: each.product_id}) for each in limits), others)
