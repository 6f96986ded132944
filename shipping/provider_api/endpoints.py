"""Where staff may say that a provider is."""

from django.conf import settings
from django.core.exceptions import ValidationError
from yarl import URL

from core.http.ssrf_guard import why_blocked as guard_objects

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_stand_in(url: str) -> bool:
    """Whether it is a stand-in on this machine, which development allows and production never."""
    try:
        return bool(settings.DEMO) and URL(url).host in LOOPBACK
    except ValueError:
        return False


def why_blocked(url: str) -> str:
    """What speaks against calling a provider there; empty when nothing does.

    The host must be in PROVIDER_HOSTS. That it is on the public internet is checked when it is
    called, at the very address that the name then leads to (core/http/ssrf_guard.py).
    """
    if not url.isprintable() or " " in url:
        return "It holds a blank or a control character."
    if not is_stand_in(url):
        if why := guard_objects(url):
            return f"{why.capitalize()}."
        if not _is_allowed(URL(url).host or ""):
            return "This host is not in PROVIDER_HOSTS. Ask whoever runs Dosette to add it."
    parts = URL(url)
    if parts.scheme not in {"http", "https"} or parts.raw_query_string or parts.raw_fragment:
        return "Give the address without anything behind a ? or #."
    return ""


def _is_allowed(host: str) -> bool:
    host = host.lower().rstrip(".")
    allowed = [name.strip().lower() for name in settings.PROVIDER_HOSTS]
    return any(host == name or (name[:1] == "." and host.endswith(name)) for name in allowed)


def validate_address(url: str) -> None:
    """Raise ValidationError when something speaks against it."""
    if why := why_blocked(url):
        raise ValidationError(why, code="address")
