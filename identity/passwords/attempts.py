"""What django-axes may know of a failed sign-in, and how long it is kept.

How many may fail is `AXES_FAILURE_LIMIT` (config/settings/access.py). It counts by user name and
address together. The address is the one behind our proxies, and a name that nobody has is kept as
a hash: people type passwords into the wrong field.
"""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from core.database import clock
from identity.access_log.records import address_of
from identity.models import User


def name_of(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str | None:
    """The user name to count by; asked of the database once per request and name."""
    typed = (credentials or request.POST).get("username")
    if not isinstance(typed, str):
        return None
    known: dict[str, str] = request.__dict__.setdefault("_names_of_attempts", {})
    if typed not in known:
        known[typed] = typed if _exists(typed) else _hashed(typed)
    return known[typed]


def _exists(name: str) -> bool:
    return "\0" not in name and User.objects.filter(username=name).exists()


def _hashed(name: str) -> str:
    digest = salted_hmac("identity.attempts", name, algorithm="sha256").hexdigest()
    return f"unknown:{digest[:16]}"


def place_of(request: HttpRequest) -> str | None:
    """The address to count by. Of IPv6 the first half: one customer has all of the second."""
    address = address_of(request)
    if address is None or ":" not in address:
        return address
    return str(ip_network((address, 64), strict=False).network_address)


def has_no_name(request: HttpRequest, credentials: Mapping[str, Any] | None) -> bool:
    """Whether this is no sign-in with a password: what the issuer answers is not counted."""
    return "username" not in (credentials or request.POST)


def keep_nothing_typed(instance: AccessAttempt, **_: Any) -> None:
    """Before an attempt is saved: neither the form nor the address's query, whatever they held."""
    instance.get_data = instance.post_data = ""


class Attempts(AxesDatabaseHandler):
    """Counts failures by the database's clock: one that is ahead would forget who is locked out."""

    def user_login_failed(
        self,
        sender: Any,
        credentials: dict[str, Any],
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> None:
        """Count a failure in."""
        _date(request)
        super().user_login_failed(sender, credentials, request, **kwargs)

    def get_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> list[QuerySet[AccessAttempt]]:
        """The failures that count still."""
        _date(request)
        attempts: list[QuerySet[AccessAttempt]] = super().get_user_attempts(request, credentials)
        return attempts

    def post_save_access_attempt(self, instance: AccessAttempt, **kwargs: Any) -> None:
        """The library's column takes the process's time when a row is new."""
        if kwargs.get("created"):
            AccessAttempt.objects.filter(pk=instance.pk).update(attempt_time=clock.now())


def _date(request: HttpRequest | None) -> None:
    if request is not None:
        request.axes_attempt_time = clock.now()  # type: ignore[attr-defined]  # the library's


def forget_old_attempts() -> int:
    """Delete the attempts that no longer count; how many there were."""
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    old = AccessAttempt.objects.filter(attempt_time__lt=clock.now() - cool_off)
    return int(old.delete()[0])
