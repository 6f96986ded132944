"""Reads what was kept of a provider again, once its file has learned what it means."""

from functools import partial

from django.db import transaction

from core.failures import attempt, resting
from shipping import providers
from shipping.models import ProviderProfile, UnreadableEvent
from shipping.provider_api.base import Provider, TrackedEvent, Unreadable
from shipping.tracking import events as tracking_events
from shipping.tracking import unreadable


def read_again(profile: ProviderProfile, *, by: str = "system", reason: str = "") -> int:
    """Read what was kept of a provider with its file as it is now; how many are understood.

    They count from when they came. Raises LookupError when there is no such provider.
    """
    provider = profile.provider
    adapter, understood = providers.get(provider), 0
    work = f"read again of {provider} the event"
    for row in unreadable.of(provider):
        understood += attempt(work, row.pk, partial(_apply, adapter, row)) or 0
    resting(work, unreadable.still_open().filter(provider=provider))
    unreadable.resolve_if_none(provider, by=by)
    return understood


@transaction.atomic
def _apply(adapter: Provider, row: UnreadableEvent) -> bool:
    """Whether it, or something of it, is understood and applied."""
    whole = row.body is not None
    events = (
        tracking_events.read(adapter, bytes(row.body or b"")) if whole else [_again(adapter, row)]
    )
    if not any(map(tracking_events.is_understood, events)):
        return False
    row.delete()
    tracking_events.store(row.provider, events, row.received_at)
    return True


def _again(adapter: Provider, row: UnreadableEvent) -> TrackedEvent | Unreadable:
    try:
        return adapter.event(row.raw)
    except Exception as error:  # noqa: BLE001 - as in `tracking.read`
        return Unreadable(row.raw, type(error).__name__)
