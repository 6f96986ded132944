"""An outbox of parcels, for core's tests: tables of these tests only."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.apps.registry import Apps
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from core.database.sql import update_each
from core.http import Call, Done, Outcome
from core.outbox import DeliveryQueue, Disposition, Job, OutboxRow
from core.workflow import Event, Workflow

registry = Apps()


class Parcel(OutboxRow):
    """Something to send."""

    WORKFLOW = Workflow(transitions={"queued": frozenset({"cancelled"}), "cancelled": frozenset()})

    name = models.CharField(max_length=5)
    state = models.CharField(max_length=20, default="queued")
    weight = models.DecimalField(max_digits=6, decimal_places=2, null=True)

    objects: ClassVar[models.Manager["Parcel"]] = models.Manager()
    events: Any

    class Meta:
        app_label = "core_tests"
        apps = registry

    def __str__(self) -> str:
        return self.name


class ParcelEvent(Event):
    """Something that happened to it."""

    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, related_name="events")

    class Meta:
        app_label = "core_tests"
        apps = registry


def make_tables() -> None:
    """Their tables."""
    with connection.schema_editor() as editor:
        editor.create_model(Parcel)
        editor.create_model(ParcelEvent)


def drop_tables() -> None:
    """No trace of them."""
    with connection.schema_editor() as editor:
        editor.delete_model(ParcelEvent)
        editor.delete_model(Parcel)


def parcels(count: int, **columns: Any) -> list[Parcel]:
    """So many, due for a minute already."""
    due = {"next_attempt_at": timezone.now() - timedelta(minutes=1)} | columns
    return Parcel.objects.bulk_create(Parcel(name=str(n), **due) for n in range(count))


@transaction.atomic
def record_results(results: Sequence[tuple[Any, Disposition]]) -> None:
    """As simple as can be."""
    columns = ("id", "fence", "state", "next_attempt_at", "doubtful", "last_error")
    values = [
        (row.pk, row.fence, to.state, to.due or row.next_attempt_at, to.in_doubt, to.error)
        for row, to in results
    ]
    update_each(Parcel, columns, values, where="t.fence = v.fence", expressions={"fence": ""})


def make_queue(prepare: Callable[[Parcel], Job | Call | Outcome], **options: Any) -> DeliveryQueue:
    """A queue of all parcels."""
    given: dict[str, Any] = {
        "name": "test",
        "resend_is_safe": True,
        "record_results": record_results,
    } | options
    return DeliveryQueue(model=Parcel, rows=Q(), prepare=prepare, **given)


def take(row: Parcel) -> Outcome:
    """Done on the spot."""
    return Done()


def states() -> list[str]:
    """Of all parcels, in order."""
    return list(Parcel.objects.order_by("id").values_list("state", flat=True))
