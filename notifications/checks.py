"""System checks: a service that does not exist is named at the start, not at the first message."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from notifications.channels import channels, preferred, transports
from notifications.delivery.balances import alerts
from notifications.delivery.queues import read_limits


@register(Tags.compatibility)
def check_transports(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every service that a setting prefers exists, and none is for development only."""
    return [
        problem
        for channel in channels().values()
        for name in getattr(settings, channel.preference, [])
        for problem in _problems(channel.name, channel.preference, name.strip())
    ]


def _problems(channel: str, setting: str, name: str) -> list[CheckMessage]:
    if name not in preferred(channel):
        known = ", ".join(each for of, each in sorted(transports()) if of == channel)
        text = f"{setting} names “{name}”, which carries no such messages."
        return [Error(text, hint=f"Use some of: {known}.", id="notifications.E001")]
    if name == "console" and not settings.DEMO:
        text = f"{setting} names the console, which only shows messages to developers."
        return [Error(text, hint="Name a real service.", id="notifications.E002")]
    return []


@register(Tags.compatibility)
def check_limits(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every limit is one, of a service there is."""
    known = {name for _, name in transports()} | {":".join(key) for key in transports()}
    problems: list[CheckMessage] = []
    for name, text in settings.NOTIFICATION_LIMITS.items():
        if name not in known:
            problem = f"NOTIFICATION_LIMITS names “{name}”, which is no service."
            problems.append(
                Error(problem, hint="Use gateway or sms:gateway.", id="notifications.E003")
            )
        try:
            read_limits(text)
        except ValueError as error:
            problem = f"NOTIFICATION_LIMITS says “{text}” for “{name}”."
            problems.append(Error(problem, hint=str(error), id="notifications.E004"))
    return problems


@register(Tags.compatibility)
def check_balances(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every threshold is an amount."""
    try:
        alerts()
    except ValueError as error:
        text = "BALANCE_ALERTS holds something that is no amount."
        return [Error(text, hint=str(error), id="notifications.E005")]
    return []
