"""The admin's login page, and the page for who may not try again yet."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.views.decorators.cache import never_cache


@never_cache
def login(request: HttpRequest) -> HttpResponse:
    """The login page; without its form, and deaf to posts, when passwords are switched off."""
    if request.method == "POST" and not settings.PASSWORD_LOGIN:
        return HttpResponseNotAllowed(["GET"])
    return admin.site.login(request, {"password_login": settings.PASSWORD_LOGIN})


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """429: too many wrong passwords for this name from this address, and what to do now."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = admin.site.each_context(request) | {"title": "Too many tries", "minutes": minutes}
    answer = render(request, "admin/locked_out.html", context, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer
