"""What must be right in the settings before anything is shipped."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from shipping import providers
from shipping.models import time_zones


@register()
def provider_exists(**_: Any) -> list[CheckMessage]:
    """SHIPPING_PROVIDER names a file in `shipping/providers/`."""
    name = settings.SHIPPING_PROVIDER
    if name not in providers.names():
        known = ", ".join(providers.names())
        return [Error(f"SHIPPING_PROVIDER must be one of: {known}.", id="shipping.E001")]
    if providers.get(name).is_fake and not settings.DEMO:
        text = f"SHIPPING_PROVIDER={name} carries no real parcels: name another one."
        return [Error(text, id="shipping.E003")]
    return []


@register()
def providers_load(**_: Any) -> list[CheckMessage]:
    """Every file in `shipping/providers/` is a provider that keeps what it declares."""
    return [error for name in providers.names() for error in _loads(name)]


def _loads(name: str) -> list[CheckMessage]:
    try:
        declared = providers.get(name).name
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the file
        text = f"shipping/providers/{name}.py cannot be used: {type(error).__name__}: {error}"
        return [Error(text, id="shipping.E004")]
    if declared != name:
        return [Error(f"{name}.py calls its provider {declared}.", id="shipping.E004")]
    return []


@register()
def zones_exist(**_: Any) -> list[CheckMessage]:
    """New schedules live in TIME_ZONE, and the reference provider's times in its own."""
    names = ("TIME_ZONE", "REFERENCE_PROVIDER_TIME_ZONE")
    return [
        Error(f"{name} must be a time zone such as Europe/London.", id="shipping.E002")
        for name in names
        if getattr(settings, name) not in time_zones()
    ]
