"""The admin's login page, and the page for who may not try again yet."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from redis import RedisError

from identity.passwords.attempts import name_of, place_of

Page = Callable[[HttpRequest], HttpResponse]
LONGEST_TRY = 10  # seconds, should a process die amid one


@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """The login page; without its form, and deaf to posts, when passwords are switched off."""
    if request.method != "POST":
        return _page(request)
    if not settings.PASSWORD_LOGIN:
        return HttpResponseNotAllowed(["GET"])
    return _alone(request, name_of(request, None), _page)


def change_password(request: HttpRequest) -> HttpResponse:
    """One's own password. A wrong old one counts, and locks out, as one does at sign-in."""
    if request.method != "POST" or not request.user.is_authenticated:
        return _own_password(request)
    return _alone(request, request.user.get_username(), _tried_password)


def _tried_password(request: HttpRequest) -> HttpResponse:
    credentials = {"username": request.user.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return locked_out(request)
    answer = _own_password(request)
    form = (getattr(answer, "context_data", None) or {}).get("form")
    if form is not None and "old_password" in form.errors:
        user_login_failed.send(__name__, credentials=credentials, request=request)
    return answer


def _own_password(request: HttpRequest) -> HttpResponse:
    view = admin.site.admin_view(admin.site.password_change, cacheable=True)
    return view(request)


def _alone(request: HttpRequest, name: str | None, act: Page) -> HttpResponse:
    """One try at a time for a name and an address: of many at once each would be tried before the
    first is counted."""
    key = f"signing-in:{salted_hmac('identity.sign_in', f'{name} {place_of(request)}').hexdigest()}"
    if not _reserve(key):
        return locked_out(request)
    try:
        return act(request)
    finally:
        with suppress(RedisError):
            cache.delete(key)


def _reserve(key: str) -> bool:
    """Whether nobody else is at it. A cache that is away shuts nobody out: failures still count."""
    try:
        return cache.add(key, 1, LONGEST_TRY)
    except RedisError:
        return True


def _page(request: HttpRequest) -> HttpResponse:
    return admin.site.login(request, {"password_login": settings.PASSWORD_LOGIN})


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """429: too many wrong passwords for this name from this address, and what to do now."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = admin.site.each_context(request) | {"title": "Too many tries", "minutes": minutes}
    answer = render(request, "admin/locked_out.html", context, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer
