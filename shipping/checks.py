"""What must be right in the settings before anything is shipped."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from shipping import providers
from shipping.models import time_zones


@register()
def provider_exists(**_: Any) -> list[CheckMessage]:
    """SHIPPING_PROVIDER names a file in `shipping/providers/`."""
    if settings.SHIPPING_PROVIDER in providers.names():
        return []
    known = ", ".join(providers.names())
    return [Error(f"SHIPPING_PROVIDER must be one of: {known}.", id="shipping.E001")]


@register()
def zones_exist(**_: Any) -> list[CheckMessage]:
    """New schedules live in TIME_ZONE, and the reference provider's times in its own."""
    names = ("TIME_ZONE", "REFERENCE_PROVIDER_TIME_ZONE")
    return [
        Error(f"{name} must be a time zone such as Europe/London.", id="shipping.E002")
        for name in names
        if getattr(settings, name) not in time_zones()
    ]
