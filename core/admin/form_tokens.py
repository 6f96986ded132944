"""Forms of the admin, sent once: a double click, the back button and a second tab do it once.

Each form that is drawn holds a token beside Django's against CSRF: a number of its own, and the
marks of what the page shows. A POST that brings it is checked before its view runs, in the
transaction of the view:

- a token that was used before does nothing again, and leads to what came of the first time;
- an action on something that was changed since the page was drawn does nothing either.

What was done is kept for 24 hours among the idempotency keys; who waits for the lock of a form or
a row sees what the other has made of it.
"""

import uuid
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import messages
from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models, transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac

from core.admin.dialogs import go_to
from core.api.idempotency import KEPT_FOR
from core.database import clock
from core.models import IdempotencyKey

FIELD = "drawn_form"
SALT = "core.drawn_forms"
# Whole records, and new ones: nobody's state is acted upon, and what was typed must not be lost.
NOT_ACTIONS = ("_add", "_change", "_delete", "_history")
STATE_COLUMNS = ("state", "closed_at")

SENT_BEFORE = "This was sent before. Nothing was done a second time: this is how things are."
CHANGED = "Nothing was done: {what} changed after this page was opened. This is how things are now."
TOO_OLD = "Nothing was done: this page was opened more than a day ago. This is how things are now."

Marks = dict[str, str]
View = Callable[..., HttpResponse]


class Token(NamedTuple):
    """What a drawn form says of itself; signed."""

    number: str
    path: str
    user: int
    drawn_at: float
    marks: Marks


def token_for(request: HttpRequest, rows: Collection[Any]) -> str:
    """A token for one form on the page of this request, which acts upon these rows (their keys)."""
    drawn: Any = request  # a page may hold several forms: its rows are marked once
    if not hasattr(drawn, "drawn_marks"):
        model = _model_of(request)
        drawn.drawn_marks = marks_of(model, rows) if model is not None and rows else {}
    now, number = clock.now().timestamp(), uuid.uuid4().hex
    payload = [number, request.path, request.user.pk, now, drawn.drawn_marks]
    return signing.dumps(payload, salt=SALT)


def is_ours(request: HttpRequest) -> bool:
    """Whether a page of the admin is drawn or sent, by somebody who is signed in."""
    match = request.resolver_match
    user = getattr(request, "user", None)
    return match is not None and match.namespace == "admin" and bool(user and user.is_authenticated)


def row_acted_upon(request: HttpRequest) -> list[Any]:
    """The key of the row that this page acts upon; nothing for lists and whole records."""
    match = request.resolver_match
    if match is None or (match.url_name or "").endswith(NOT_ACTIONS):
        return []
    key = match.kwargs.get("object_id")
    return [] if key is None else [key]


def marks_of(model: type[models.Model], keys: Collection[Any]) -> Marks:
    """Key -> a mark that changes with whatever is done to the row; no mark for a missing row.

    The newest row of its history with its state, else all its columns.
    """
    try:
        rows = model._default_manager.filter(pk__in=list(keys)).order_by("pk")
        if history := _history_of(model):
            newest = {f"newest_{name}": Max(name) for name in history}
            states = [name for name in STATE_COLUMNS if _has(model, name)]
            values = rows.annotate(**newest).values_list("pk", *newest, *states)
        else:
            values = rows.values_list("pk", *(f.attname for f in model._meta.concrete_fields))
        return {str(row[0]): salted_hmac(SALT, repr(row[1:])).hexdigest()[:12] for row in values}
    except (ValueError, TypeError, OverflowError):
        return {}  # a key that is none: the view answers that


def has_history(model: type[models.Model]) -> bool:
    """Whether it is known of its rows what was done to them."""
    return bool(_history_of(model))


def _history_of(model: type[models.Model]) -> tuple[str, ...]:
    """What changes with each deed: `MARKED_BY` of the model (relations, columns), or its events."""
    named: tuple[str, ...] | None = getattr(model, "MARKED_BY", None)
    if named is not None:
        return named
    workflow = getattr(model, "WORKFLOW", None)
    name: str = workflow.event if workflow else "events"
    return (name,) if _has(model, name) else ()


def _has(model: type[models.Model], name: str) -> bool:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _model_of(request: HttpRequest) -> type[models.Model] | None:
    """The model that a page of the admin is about: `/admin/<app>/<model>/…`."""
    parts = request.path.removeprefix(reverse("admin:index")).split("/")
    try:
        return apps.get_model(parts[0], parts[1]) if len(parts) > 2 else None
    except (LookupError, ValueError):
        return None


class DrawnFormMiddleware:
    """Lets each form that the admin has drawn act once, and only upon what it showed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """The answer to a form that was drawn; None for any other, which goes its way."""
        if request.method != "POST" or not is_ours(request):
            return None
        token = token_of(request)
        if token is None:
            return None
        if clock.now() - datetime.fromtimestamp(token.drawn_at, UTC) > KEPT_FOR:
            return _look_again(request, TOO_OLD)
        with transaction.atomic():
            return _act_once(request, token, lambda: view(request, *args, **kwargs))


def token_of(request: HttpRequest) -> Token | None:
    """That of the form that was sent. None without one, and for one of another page or person."""
    try:
        token = Token(*signing.loads(request.POST.get(FIELD, ""), salt=SALT))
    except (signing.BadSignature, TypeError):
        return None
    return token if (token.path, token.user) == (request.path, request.user.pk) else None


def _act_once(request: HttpRequest, token: Token, act: Callable[[], HttpResponse]) -> HttpResponse:
    model = _model_of(request)
    keys = row_acted_upon(request) or request.POST.getlist("_selected_action")
    drawn = {key: token.marks[key] for key in map(str, keys) if key in token.marks}
    scope = f"form {request.path}"[:200]
    table = model._meta.db_table if model is not None else ""
    _lock([f"{scope} {token.number}", *(f"admin {table} {key}" for key in sorted(drawn))])
    kept = IdempotencyKey.objects.filter(scope=scope, key=token.number).first()
    if kept is not None:
        messages.warning(request, SENT_BEFORE)
        return go_to(request, kept.location)
    if model is not None and drawn and marks_of(model, drawn) != drawn:
        return _look_again(request, CHANGED.format(what=_named(model, drawn)))
    response = act()
    where = response.headers.get("HX-Redirect") or response.headers.get("Location", "")
    if where:
        _keep(scope, token.number, where if len(where) <= 200 else request.path)
    return response


def _lock(names: list[str]) -> None:
    """Wait for whoever sends the same form, or acts upon one of the same rows, until the end."""
    statement = """
        SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [names])


def _keep(scope: str, number: str, where: str) -> None:
    IdempotencyKey.objects.create(
        scope=scope, key=number, body_hash="", status_code=302, answer={}, location=where
    )


def _named(model: type[models.Model], drawn: Marks) -> str:
    meta = model._meta
    return (
        f"the {meta.verbose_name}" if len(drawn) == 1 else f"some of the {meta.verbose_name_plural}"
    )


def _look_again(request: HttpRequest, text: str) -> HttpResponse:
    """Say so, and lead to the page of the row, or to the list."""
    messages.warning(request, text)
    model, keys = _model_of(request), row_acted_upon(request)
    where = request.get_full_path()
    if model is not None and keys:
        meta = model._meta
        try:
            where = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=keys)
        except NoReverseMatch:
            where = reverse("admin:index")
    return go_to(request, where)
