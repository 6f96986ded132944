"""Where somebody is signed in: put down as pages are opened, ended by hand or when left alone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from core.database import clock
from identity.models import OpenSession, User
from identity.passwords.forms import LAPSED
from identity.sessions.store import SessionStore
from identity.sign_in.fresh import BEGUN
from identity.sign_in.middleware import BACKEND as ISSUER
from identity.sign_in.views import TOO_LONG, to_login

WRITTEN_EVERY = timedelta(minutes=5)
UNUSED = "You were signed out, because nothing was done here for a while. Sign in again."
# Pages that ask by themselves say so: that is no use of them, and is told to stop when it is over.
POLL = "X-Poll"
STOP_POLLING = 286  # htmx's: https://htmx.org/docs/#polling
# As browsers name themselves: the first that fits. Others pretend to be Chrome and Safari.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome"}
BROWSERS |= {"CriOS": "Chrome", "FxiOS": "Firefox", "Safari": "Safari"}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "CrOS": "ChromeOS"}
SYSTEMS |= {"Windows": "Windows", "Mac OS X": "macOS", "Linux": "Linux"}


@dataclass(frozen=True, slots=True)
class Browser:
    """A session that lets somebody in, as it is shown: by a number of its own."""

    pk: int
    device: str
    began_at: datetime | None
    seen_at: datetime
    is_this: bool


def keep_open_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: puts down who is where, and ends what is left of a password for too long."""

    def respond(request: Any) -> HttpResponse:
        if not request.path_info.startswith("/admin/") or not request.user.is_authenticated:
            return get_response(request)
        ended = _why_ended(request)
        if ended:
            auth.logout(request)
            if POLL in request.headers:
                return HttpResponse(status=STOP_POLLING, headers={"HX-Reswap": "none"})
            return to_login(request, ended, request.path)
        if POLL not in request.headers:
            _put_down(request)
        request.user.changed_by = request.user.pk
        return get_response(request)

    return respond


def browsers_of(person: User, *, this: str | None = None) -> list[Browser]:
    """Where this person is signed in, the latest first; `this` is the key of the asker's session.

    Sessions of another password, or from before "sign out everywhere", let nobody in: left out.
    """
    rows = OpenSession.objects.filter(user=person, session__expire_date__gt=clock.now())
    rows = rows.select_related("session").order_by("-seen_at", "-pk")
    browsers = (_browser(row, person, this) for row in rows)
    return [browser for browser in browsers if browser is not None]


def end(person: User, pk: str) -> bool:
    """End one of this person's sessions; whether there was one."""
    keys = OpenSession.objects.filter(user=person, pk=pk).values("session_id")
    return bool(Session.objects.filter(pk__in=keys).delete()[0])


def end_others(request: HttpRequest, person: User) -> None:
    """End all sessions of the person who asks, but for the one they ask from."""
    person.end_sessions()
    person.refresh_from_db(fields=["session_epoch"])
    auth.update_session_auth_hash(request, person)


def device_of(agent: str) -> str:
    """What a browser's long name for itself means to people; the beginning of any other."""
    browser = next((name for word, name in BROWSERS.items() if f"{word}/" in agent), "")
    system = next((name for word, name in SYSTEMS.items() if word in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    first = re.match(r"[\w .+-]{1,40}", agent, re.ASCII)
    return first[0].strip() if first else "unknown"


def _browser(row: OpenSession, person: User, this: str | None) -> Browser | None:
    session = SessionStore().decode(row.session.session_data)
    known = person.get_session_auth_hash()
    is_theirs = constant_time_compare(str(session.get(HASH_SESSION_KEY, "")), known)
    if not is_theirs or _why_over(person, session, row.seen_at):
        return None
    began = session.get(BEGUN)
    return Browser(
        row.pk,
        row.device,
        datetime.fromtimestamp(began, UTC) if began else None,
        row.seen_at,
        row.session_id == this,
    )


def _why_ended(request: Any) -> str:
    opened = request.session.opened
    return _why_over(request.user, request.session, opened.seen_at if opened else None)


def _why_over(person: User, session: Any, seen_at: datetime | None) -> str:
    """Why a session that began with a password is over; empty while it is not.

    The issuer looks after its own: it is asked every quarter of an hour.
    """
    if session.get(BACKEND_SESSION_KEY) == ISSUER:
        return ""
    if person.password_has_lapsed:
        return LAPSED
    now, began = clock.seconds(), session.get(BEGUN)
    if began and now - began > settings.SESSION_COOKIE_AGE:
        return TOO_LONG
    used = seen_at.timestamp() if seen_at else began
    return UNUSED if used and now - used > settings.SESSION_IDLE_LIMIT else ""


def _put_down(request: Any) -> None:
    """Once for each session, and then every few minutes: no write for every request."""
    opened, now = request.session.opened, clock.now()
    if opened is None:
        device = device_of(request.headers.get("User-Agent", ""))
        key = request.session.session_key
        row = OpenSession(session_id=key, user_id=request.user.pk, device=device, seen_at=now)
        OpenSession.objects.bulk_create([row], ignore_conflicts=True)
    elif abs(now - opened.seen_at) > min(
        WRITTEN_EVERY, timedelta(seconds=settings.SESSION_IDLE_LIMIT / 24)
    ):
        OpenSession.objects.filter(pk=opened.pk).update(seen_at=now, user_id=request.user.pk)
