"""The limits of each service: those of its file, unless NOTIFICATION_LIMITS sets others."""

import re
from collections.abc import Mapping

from django.conf import settings

from core.http import Limits
from notifications.channels import Transport

_LIMITS = re.compile(r"(\d{1,4})(?:/(\d{1,5}(?:\.\d{1,3})?))?", re.ASCII)


def limits_of(transport: Transport) -> Limits:
    """Its requests in flight, and begun per second. Raises ValueError for a setting in no form.

    `sms:gateway` in the setting goes before `gateway`, which means it on every channel.
    """
    configured: Mapping[str, str] = settings.NOTIFICATION_LIMITS
    name = transport.name
    text = configured.get(f"{transport.channel}:{name}", configured.get(name))
    return transport.limits if text is None else read_limits(text)


def read_limits(text: str) -> Limits:
    """`20/50`: 20 in flight, 50 a second; `20` alone has no rate. Raises ValueError."""
    match = _LIMITS.fullmatch(text.strip())
    if match is None:
        raise ValueError("Say it like 20/50: so many in flight, so many a second.")
    return Limits(int(match[1]), float(match[2]) if match[2] else None)
