"""What is held of cases about a customer's orders, parcels, returns and messages."""

from collections.abc import Iterator

from django.db.models import Q

from core.models import Case, CaseEvent
from desk.personal_data.append_only.function import empties
from desk.personal_data.parts import Part, Row, Subject, values
from kits.models import Kit
from notifications.models import Notification
from orders.models import Order
from shipping.models import Return, Shipment

TEXTS = dict.fromkeys(("said", "closing_reason"), "")
# What a case is about -> where its customer stands.
SUBJECTS = {
    Order: "customer",
    Shipment: "order__customer",
    Return: "shipment__order__customer",
    Kit: "shipment__order__customer",
    Notification: "customer",
}


def _of(subject: Subject) -> Q:
    """Which cases: each names its subject by its type and its key."""
    condition = Q(pk__in=[])
    for model, column in SUBJECTS.items():
        theirs = model._default_manager.filter(**{column: subject.key}).values("pk")
        condition |= Q(subject_type=model._meta.label_lower, subject_id__in=theirs)
    return condition


def _cases(subject: Subject) -> Iterator[Row]:
    about = ("kind", "subject_type", "subject_id", "title", "happened", "said")
    closed = ("closed_at", "closed_by", "closing_reason")
    return values(Case.objects.filter(_of(subject)), "id", *about, "opened_at", *closed)


def _events(subject: Subject) -> Iterator[Row]:
    rows = CaseEvent.objects.filter(case__in=Case.objects.filter(_of(subject)))
    return values(rows, "case", "kind", "from_state", "to_state", "at", "actor", "detail")


def _erase(subject: Subject) -> int:
    """What others said in their words, and why it was closed; what happened is in ours."""
    return Case.objects.filter(_of(subject)).exclude(**TEXTS).update(**TEXTS)


STEPS = "What went wrong and was done about it, when and by whom; what was said of it is gone."
PARTS = (
    Part("cases", "customer", _cases, _erase, kept=STEPS),
    Part("case_events", "customer", _events, empties("case_events"), kept=STEPS),
)
