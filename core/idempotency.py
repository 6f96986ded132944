"""`Idempotency-Key`: a request that is sent again gets the answer of the first, not a second order.

After draft-ietf-httpapi-idempotency-key-header: same key and body, same answer (marked
`Idempotency-Replayed`); other body 422; first one still running 409. The answer is committed with
the work, so there is no moment in which one exists without the other. Kept for 24 hours.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from core.errors import Conflict
from core.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255
View = Callable[..., Response]


class KeyReused(APIException):
    """422: the key was used with another body."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used with another body. Use a new key."


def in_flight() -> Conflict:
    """The 409 of a request whose twin is still running."""
    return Conflict(
        "A request with this Idempotency-Key is still running. Try again in a moment.",
        code="idempotency_key_in_flight",
    )


def idempotent(create: View) -> View:
    """Let a view's creating method honour `Idempotency-Key`; everything runs in one transaction."""

    @functools.wraps(create)
    def run(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            with transaction.atomic():
                return create(view, request, *args, **kwargs)
        _check_key(key)
        # Every caller that passes HasScope has an actor.
        caller: str = request.user.actor  # type: ignore[union-attr]
        scope = f"{caller} {request.method} {request.path}"[:200]
        body_hash = _hash(request.data)
        try:
            with transaction.atomic():
                found = _lock_and_find(scope, key)
                if found is not None:
                    return _replay(found, body_hash)
                answer = create(view, request, *args, **kwargs)
                _store(scope, key, body_hash, answer)
                return answer
        except IntegrityError as error:
            if "one_answer_per_idempotency_key" not in str(error):
                raise
            raise in_flight() from error

    return run


def _check_key(key: str) -> None:
    if len(key) > LONGEST_KEY or not key.isprintable():
        advice = f"Use at most {LONGEST_KEY} printable characters."
        raise ValidationError({"Idempotency-Key": advice})


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
        SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)), {columns}
        FROM (SELECT 1) AS one LEFT JOIN "{IdempotencyKey._meta.db_table}" AS kept
        ON kept.scope = %s AND kept.key = %s
    """  # noqa: S608 - names of our own columns
    return statement, [field.attname for field in fields]


def _lock_and_find(scope: str, key: str) -> IdempotencyKey | None:
    """Hold the key until the transaction ends, or raise 409; the answer kept under it, if any."""
    statement, names = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [f"{scope}\n{key}", scope, key])
        held, *row = cursor.fetchone()
    if not held:
        raise in_flight()
    if row[0] is None:
        return None
    row[names.index("answer")] = json.loads(row[names.index("answer")])
    found = IdempotencyKey.from_db(connection.alias, names, row)
    if found.created_at < timezone.now() - KEPT_FOR:
        found.delete()
        return None
    return found


def _replay(found: IdempotencyKey, body_hash: str) -> Response:
    if found.body_hash != body_hash:
        raise KeyReused
    headers = {"Idempotency-Replayed": "true"}
    if found.location:
        headers["Location"] = found.location
    return Response(found.answer, status=found.status_code, headers=headers)


def _store(scope: str, key: str, body_hash: str, answer: Response) -> None:
    IdempotencyKey.objects.create(
        scope=scope,
        key=key,
        body_hash=body_hash,
        status_code=answer.status_code,
        answer=json.loads(json.dumps(answer.data, cls=JSONEncoder)),
        location=answer.headers.get("Location", ""),
    )


def forget_old_keys(limit: int = 10_000) -> int:
    """Delete a chunk of keys older than 24 hours; how many there were."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    deleted, _ = IdempotencyKey.objects.filter(pk__in=old.values("pk")[:limit]).delete()
    return deleted
