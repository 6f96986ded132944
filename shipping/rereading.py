"""Reads what was kept of a provider again, once its file has learned what it means."""

from django.db import transaction

from shipping import providers, tracking, unreadable
from shipping.models import UnreadableEvent
from shipping.providers import Provider, TrackedEvent, Unreadable


def read_again(provider: str) -> int:
    """Read what was kept of a provider with its file as it is now; how many are understood.

    They count from when they came. Raises LookupError when there is no such provider.
    """
    adapter, understood = providers.get(provider), 0
    for row in unreadable.waiting(provider):
        events = (
            tracking.read(adapter, bytes(row.body))
            if row.body is not None
            else [_again(adapter, row)]
        )
        if any(map(tracking.is_understood, events)):
            understood += 1
            with transaction.atomic():
                row.delete()
                tracking.store(provider, events, row.received_at)
    unreadable.settle_if_none(provider)
    return understood


def _again(adapter: Provider, row: UnreadableEvent) -> TrackedEvent | Unreadable:
    try:
        return adapter.event(row.raw)
    except Exception as error:  # noqa: BLE001 - as in `tracking.read`
        return Unreadable(row.raw, type(error).__name__)
