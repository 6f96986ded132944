"""What is wrong with a provider as a whole: seen by staff before its parcels are late.

The sweeper opens and closes these cases: nothing else in Dosette would notice most of them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from core.cases import CaseDraft, Listed
from core.database import clock
from shipping import providers
from shipping.models import ProviderProfile, Shipment, TrackingEvent
from shipping.routing.router import obstacle
from shipping.states import MOVING

NOT_SET_UP = "provider-not-set-up"
SWITCHED_OFF = "provider-switched-off"
REFUSED = "webhooks-refused"
SILENT = "webhooks-silent"
LABELS = {
    NOT_SET_UP: "Provider not set up",
    SWITCHED_OFF: "Provider switched off",
    REFUSED: "Webhooks refused",
    SILENT: "No webhooks",
}
BY_ANOTHER = "send them by another provider: choose them in the list of shipments."
# Refused for so long, and still lately: one wrong try by a stranger is nobody's work.
FOR_DAYS, LATELY = timedelta(days=2), timedelta(days=1)


def not_set_up(profile: ProviderProfile) -> str:
    """What to do when parcels wait for it and it cannot be used; empty when they can go."""
    why = obstacle(profile.provider, profile) if profile.is_active else ""
    if not why or not _is_waited_for(profile):
        return ""
    return (
        f"Parcels wait for it, and it cannot be used: {why}. Set it up in the environment, or "
        f"{BY_ANOTHER}"
    )


def switched_off(profile: ProviderProfile) -> str:
    """What to do when parcels wait for a provider that takes none."""
    if profile.is_active or not _is_waited_for(profile):
        return ""
    return (
        "Parcels wait for it, and it is switched off. Switch it on below Providers, or "
        f"{BY_ANOTHER}"
    )


def refused(profile: ProviderProfile) -> str:
    """What to do when nothing that comes in its name has proven to be its own for days."""
    now = clock.now()
    if not profile.refused_since or not profile.refused_at:
        return ""
    if profile.refused_since > now - FOR_DAYS or profile.refused_at < now - LATELY:
        return ""
    return (
        "For days its webhooks have not proven that they are its own, and are answered 401. Was "
        "the secret changed on one side? Compare ours with the one at the provider."
    )


def silent(profile: ProviderProfile) -> str:
    """What to do when it has had parcels for long, and has reported nothing of any."""
    since = clock.now() - timedelta(hours=profile.call_staff_after)
    if not _reports(profile.provider) or _has_reported(profile, since):
        return ""
    theirs = Shipment.objects.filter(provider=profile.provider, state__in=MOVING)
    if not theirs.filter(sent_at__lt=since).exists():
        return ""
    return (
        f"It has parcels of ours, and no webhook of its has come for {profile.call_staff_after} "
        "hours. Is the address of our webhook still with the provider, and switched on there?"
    )


CHECKS: dict[str, Callable[[ProviderProfile], str]] = {
    NOT_SET_UP: not_set_up,
    SWITCHED_OFF: switched_off,
    REFUSED: refused,
    SILENT: silent,
}


def providers_with(kind: str) -> Callable[[], "QuerySet[ProviderProfile]"]:
    """Ask for the providers of which this is so."""

    def query() -> "QuerySet[ProviderProfile]":
        ProviderProfile.ensure(providers.names())
        wrong = [profile.pk for profile in ProviderProfile.objects.all() if CHECKS[kind](profile)]
        return ProviderProfile.objects.filter(pk__in=wrong)

    return query


def described_as(kind: str) -> Callable[[Sequence[ProviderProfile]], list[CaseDraft]]:
    """Say what is wrong with each, and what to do."""

    def describe(profiles: Sequence[ProviderProfile]) -> list[CaseDraft]:
        return [
            CaseDraft(
                kind=kind,
                subject=profile.pk,
                title=f"{LABELS[kind]}: {profile.provider}",
                summary=CHECKS[kind](profile),
                source=profile.provider,
            )
            for profile in profiles
        ]

    return describe


def lists_of(kind: str) -> Callable[[ProviderProfile], Sequence[Listed]]:
    """Say which parcels such a case is about."""
    label, states, status = {
        NOT_SET_UP: ("parcels that wait", ("queued",), "queued"),
        SWITCHED_OFF: ("parcels that wait", ("queued",), "queued"),
        SILENT: ("parcels on their way", MOVING, "moving"),
    }.get(kind, ("", (), ""))

    def lists(profile: ProviderProfile) -> Sequence[Listed]:
        rows = Shipment.objects.filter(provider=profile.provider, state__in=states)
        narrowed = {"status": status, "provider": profile.provider}
        return [Listed(label, rows, narrowed)] if label else []

    return lists


def _is_waited_for(profile: ProviderProfile) -> bool:
    return Shipment.objects.filter(provider=profile.provider, state="queued").exists()


def _reports(name: str) -> bool:
    try:
        return providers.get(name).sends_webhooks
    except Exception:  # noqa: BLE001 - a file that does not load is another case
        return False


def _has_reported(profile: ProviderProfile, since: datetime) -> bool:
    """By the last webhook; where none was ever noted, by the events themselves."""
    if profile.webhook_at:
        return profile.webhook_at >= since
    events = TrackingEvent.objects.filter(provider=profile.provider, received_at__gte=since)
    return events.exclude(raw__has_key="asked").exists()
