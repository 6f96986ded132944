"""`Idempotency-Key`: a request that is sent again gets the answer of the first, not a second order.

After draft-ietf-httpapi-idempotency-key-header: same key and body, same answer (marked
`Idempotency-Replayed`); other body 422; first one still running 409, and so is a token with fewer
scopes. The answer is committed with
the work, so there is no moment in which one exists without the other. Kept for 24 hours by the
database's clock. Every POST of the API that changes something is `idempotent`.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from core.api.errors import ConflictError
from core.database import clock
from core.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255
VISIBLE = re.compile(r"[!-~]([ -~]*[!-~])?")
View = Callable[..., Response]


class KeyReusedError(APIException):
    """422: the key was used with another body."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used with another body. Use a new key."


def in_flight() -> ConflictError:
    """The 409 of a request whose twin is still running."""
    return ConflictError(
        "A request with this Idempotency-Key is still running. Try again in a moment.",
        code="idempotency_key_in_flight",
    )


def idempotent(act: View) -> View:
    """Let a view's method honour `Idempotency-Key`; everything runs in one transaction.

    Below `@action`. The key is the caller's own at this address, whoever else uses the same one.
    """

    @functools.wraps(act)
    def run(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            with transaction.atomic():
                return act(view, request, *args, **kwargs)
        _check_key(key)
        scopes, body_hash = _scopes(request), _hash(request.data)
        try:
            with transaction.atomic():
                kept = _lock_and_find(scopes, key)
                if kept is not None:
                    _check_sight(kept, request)
                    return _replay(kept, body_hash)
                answer = act(view, request, *args, **kwargs)
                _store(scopes[0], key, body_hash, answer, _held(request))
                return answer
        except IntegrityError as error:
            if "one_answer_per_idempotency_key" not in str(error):
                raise
            raise in_flight() from error

    run.takes_idempotency_key = True  # type: ignore[attr-defined]  # a mark on a function
    return run


def takes_key(method: Any) -> bool:
    """Whether a view's method is `idempotent`: for the OpenAPI document and the tests."""
    return getattr(method, "takes_idempotency_key", False)


def _check_key(key: str) -> None:
    if len(key) > LONGEST_KEY or not VISIBLE.fullmatch(key):
        advice = f"Use 1 to {LONGEST_KEY} visible ASCII characters, such as a UUID."
        raise ValidationError({"Idempotency-Key": advice}, code="invalid_idempotency_key")


def _scopes(request: Request) -> tuple[str, str]:
    """Whose key it is, and where: by the caller's own row, as two issuers may know one client id.

    The second is how releases before this one wrote it: their keys count until they are a day old.
    """
    caller: Any = request.user  # whoever passes HasScope is a row of ours
    where = f"{request.method} {request.path}"
    # `identity.user 12`: no name that somebody may choose reads like it in the form of before.
    row = f"{caller._meta.label_lower} {caller.pk}"
    return f"{row} {where}"[:200], f"{caller.former_actor} {where}"[:200]


def _hash(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, cls=JSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def _statement() -> tuple[str, list[str]]:
    """Takes the lock and finds the key at once: a round trip less for every order."""
    fields = IdempotencyKey._meta.concrete_fields
    columns = ", ".join(f'kept."{field.column}"' for field in fields)
    # What is found may be older than the lock by a moment. A twin that was committed within it is
    # not seen then: the unique constraint refuses what this request would store, which is a 409.
    statement = f"""
        SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))
           AND pg_try_advisory_xact_lock(hashtextextended(%s, 0)), {columns}
        FROM (SELECT 1) AS one LEFT JOIN "{IdempotencyKey._meta.db_table}" AS kept
        ON kept.scope IN (%s, %s) AND kept.key = %s
        ORDER BY kept.created_at DESC NULLS LAST LIMIT 1
    """  # noqa: S608 - names of our own columns
    return statement, [field.attname for field in fields]


def _lock_and_find(scopes: tuple[str, str], key: str) -> IdempotencyKey | None:
    """Hold the key until the transaction ends, or raise 409; the answer kept under it, if any."""
    statement, names = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*(f"{scope}\n{key}" for scope in scopes), *scopes, key])
        held, *row = cursor.fetchone()
    if not held:
        raise in_flight()
    if row[0] is None:
        return None
    kept = IdempotencyKey.from_db(connection.alias, names, row)
    if kept.created_at < clock.now() - KEPT_FOR:
        kept.delete()
        return None
    return kept


def _replay(kept: IdempotencyKey, body_hash: str) -> Response:
    """The answer with its fields in the order of the first one, which `jsonb` does not keep."""
    if kept.body_hash != body_hash:
        raise KeyReusedError
    headers = {"Idempotency-Replayed": "true"}
    if kept.location:
        headers["Location"] = kept.location
    # Read without Django's converter: both columns are JSON as text.
    body = json.loads(kept.answer_text or kept.answer)
    return Response(body, status=kept.status_code, headers=headers)


def _held(request: Request) -> set[str]:
    return set(getattr(request.auth, "scopes", ()))


def _check_sight(kept: IdempotencyKey, request: Request) -> None:
    """Raise 409 for a token that may see less than the one that was answered."""
    if not _held(request).issuperset(kept.token_scopes or ()):
        raise ConflictError(
            "This was done for a token with more scopes, which alone may see the answer.",
            code="idempotency_key_of_another_token",
        )


def _store(scope: str, key: str, body_hash: str, answer: Response, token_scopes: set[str]) -> None:
    text = json.dumps(answer.data, cls=JSONEncoder)
    IdempotencyKey.objects.create(
        scope=scope,
        key=key,
        body_hash=body_hash,
        status_code=answer.status_code,
        answer_text=text,
        answer=json.loads(text),
        location=answer.headers.get("Location", ""),
        token_scopes=sorted(token_scopes),
    )


def forget_old_keys(limit: int = 10_000) -> int:
    """Delete a chunk of keys older than 24 hours; how many there were."""
    old = IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT_FOR)
    deleted, _ = IdempotencyKey.objects.filter(pk__in=old.values("pk")[:limit]).delete()
    return deleted
