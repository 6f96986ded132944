"""Which services carry messages, how each is, and whether it answers."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.decorators import action

from core.admin.dialogs import LEVELS
from core.admin.pages import ModelAdmin
from core.models import Circuit
from notifications.channels import channels, preferred, transports
from notifications.delivery.failover import circuit_name
from notifications.staff_actions.connections import try_service

MAY_TRY = "notifications.change_limits"


@dataclass(frozen=True, slots=True)
class Service:
    """One service on one channel, and the state it is in with its colour."""

    key: str
    name: str
    channel: str
    state: str
    colour: str
    why: str


class ServicesPage(ModelAdmin):
    """A button above the list of messages."""

    actions_list = ["services"]

    @action(
        description="Services",
        icon="cell_tower",
        permissions=["view"],
        url_path="services",
    )
    def services(self, request: HttpRequest) -> HttpResponse:
        """All services; a POST tries the one that it names, and sends nobody anything.

        Raises PermissionDenied for who may not change the limits of messages.
        """
        if request.method == "POST":
            return _try(self, request)
        context = self.admin_site.each_context(request) | {
            "title": "Services that carry messages",
            "opts": self.opts,
            "services": _services(),
            "may_try": request.user.has_perm(MAY_TRY),
            "draws_something_new": True,
        }
        return TemplateResponse(request, "admin/notifications/services.html", context)


def _try(page: Any, request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(MAY_TRY):
        raise PermissionDenied
    channel, _, name = request.POST.get("service", "").partition(":")
    try:
        trial = try_service(channel, name)
    except KeyError:
        page.message_user(request, "There is no such service.", messages.ERROR)
    else:
        page.message_user(request, f"{name} ({channel}): {trial.text}", LEVELS[trial.is_good])
    return redirect(request.path)


def _services() -> list[Service]:
    """Those in use first, in their order, channel by channel."""
    circuits = {each.name: each for each in Circuit.objects.filter(name__startswith="notifica")}
    rows = []
    for channel in channels().values():
        used = preferred(channel.name)
        others = sorted(name for of, name in transports() if of == channel.name)
        for name in [*used, *(each for each in others if each not in used)]:
            circuit = circuits.get(circuit_name(channel.name, name))
            state, colour, why = _state(circuit, is_used=name in used)
            rows.append(Service(f"{channel.name}:{name}", name, channel.label, state, colour, why))
    return rows


def _state(circuit: Circuit | None, *, is_used: bool) -> tuple[str, str, str]:
    if not is_used:
        return "not in use", "", ""
    if circuit is None or circuit.open_until is None:
        return "works", "success", ""
    if circuit.halted:
        return "stopped", "danger", circuit.halted
    return "left alone", "danger", f"{circuit.failures:,} failures in a row"
