"""How carriers and message services are, by what is kept of them already."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from core.database import clock
from core.models import Circuit
from shipping.models import ProviderProfile


@dataclass(frozen=True, slots=True)
class Health:
    """A service to the outside, the state it is in with its colour, and what else to know."""

    name: str
    state: str
    colour: str
    fact: str = ""
    link: str = ""


def health(request: HttpRequest) -> list[Health]:
    """Of the services that this person may see."""
    may = request.user.has_perm
    carriers, messages = (
        may("shipping.view_providerprofile"),
        may("notifications.view_notification"),
    )
    if not (carriers or messages):
        return []
    circuits = {circuit.name: circuit for circuit in Circuit.objects.order_by("name")}
    return [
        *(_carriers(circuits) if carriers else ()),
        *(_services(circuits) if messages else ()),
    ]


def _carriers(circuits: dict[str, Circuit]) -> Iterator[Health]:
    for profile in ProviderProfile.objects.all():
        name = profile.provider
        link = reverse("admin:shipping_providerprofile_change", args=[profile.pk])
        fact = ""
        if profile.webhook_at:
            at = localtime(profile.webhook_at)
            fact = f"last report {date_format(at, 'j M Y, H:i:s T')}"
        if profile.is_active:
            yield _of(name, circuits.get(f"shipping:{name}"), fact, link)
        else:
            yield Health(name, "switched off", "warning", fact, link)


def _services(circuits: dict[str, Circuit]) -> Iterator[Health]:
    """Those that have failed before: of others nothing is known, so nothing is wrong."""
    link = reverse("admin:notifications_notification_services")
    known = [name for name in circuits if name.startswith("notifications:")]
    for name in known:
        _, channel, service = name.split(":", 2)
        yield _of(f"{service} ({channel})", circuits[name], link=link)
    if not known:
        yield Health("message services", "works", "success", link=link)


def _of(name: str, circuit: Circuit | None, fact: str = "", link: str = "") -> Health:
    if circuit is None or circuit.open_until is None:
        return Health(name, "works", "success", fact, link)
    if circuit.halted:
        return Health(name, "stopped", "danger", circuit.halted, link)
    until = localtime(max(circuit.open_until, clock.now()))
    text = f"{circuit.failures:,} failures in a row; tried again at {until:%H:%M:%S %Z}"
    return Health(name, "left alone", "danger", text, link)
