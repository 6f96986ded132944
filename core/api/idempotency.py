"""`Idempotency-Key`: a request that is sent again gets the answer of the first, not a second order.

After draft-ietf-httpapi-idempotency-key-header: same key and body, same answer (marked
`Idempotency-Replayed`); other body 422; a token with fewer scopes 409. While the first one runs its
twins wait for its answer. That is committed with the work, so there is no moment in which one
exists without the other. Kept for 24 hours by the
database's clock. Every POST of the API that changes something is `idempotent`.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import OperationalError, connection
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from core.api.errors import ConflictError
from core.database import clock, reference
from core.database.sql import is_concurrency_error
from core.database.unit_of_work import UnitOfWork, unit_of_work
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
    """Let a view's method honour `Idempotency-Key`; everything is one unit of work.

    Below `@action`. The key is the caller's own at this address, whoever else uses the same one.
    """

    @functools.wraps(act)
    def run(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            with unit_of_work(savepoint=True):
                return act(view, request, *args, **kwargs)
        _check_key(key)
        scopes, body_hash = _scopes(request), _hash(request.data)
        with unit_of_work(savepoint=True) as unit:
            claimed = _claim(scopes, key, body_hash)
            if claimed is None:
                kept = _find(scopes, key)
                _check_sight(kept, request)
                return _replay(kept, body_hash)
            answer = act(view, request, *args, **kwargs)
            _store(unit, claimed, answer, _held(request))
            return answer

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


class _BodyEncoder(JSONEncoder):
    """A body as text; a file that was uploaded by its name and the digest of its content."""

    def default(self, obj: Any) -> Any:
        """What stands for a value that JSON has not."""
        if not isinstance(obj, File):
            return super().default(obj)
        digest = hashlib.sha256()
        for chunk in obj.chunks():
            digest.update(chunk)
        obj.seek(0)
        return [obj.name, digest.hexdigest()]


def _hash(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, cls=_BodyEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


# The unique index decides: whoever comes second waits here until the first has committed, and finds
# its answer, or was refused, and takes its place. One that is older than a day gives way. The mark
# of the reference data is read after the wait.
_CLAIM = """
WITH claimed AS (
    INSERT INTO core_idempotencykey AS kept (scope, key, body_hash, status_code, answer,
                                             answer_text, location, created_at)
    SELECT %(scope)s, %(key)s, %(body_hash)s, 0, 'null', '', '', %(now)s
    WHERE NOT EXISTS (SELECT FROM core_idempotencykey
                      WHERE scope = %(former)s AND key = %(key)s AND created_at >= %(oldest)s)
    ON CONFLICT (scope, key) DO UPDATE
        SET body_hash = excluded.body_hash, created_at = excluded.created_at
        WHERE kept.created_at < %(oldest)s
    RETURNING id
)
SELECT id, core_present_mark() FROM (SELECT (SELECT id FROM claimed) AS id OFFSET 0) AS done
"""


def _claim(scopes: tuple[str, str], key: str, body_hash: str) -> int | None:
    """Take the key until the transaction ends; None when it has an answer. Raises 409 when the
    first request with it takes longer than anybody waits for a lock."""
    now = clock.now()
    values: dict[str, Any] = {
        "scope": scopes[0],
        "former": scopes[1],
        "key": key,
        "body_hash": body_hash,
        "now": now,
        "oldest": now - KEPT_FOR,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, values)
            claimed, mark = cursor.fetchone()
    except OperationalError as error:
        if is_concurrency_error(error):
            raise in_flight() from error
        raise
    reference.hold(mark)
    return None if claimed is None else int(claimed)


def _find(scopes: tuple[str, str], key: str) -> IdempotencyKey:
    """The answer that is kept; 409 when it has been deleted since the key was found taken."""
    kept = IdempotencyKey.objects.filter(scope__in=scopes, key=key).order_by("-created_at").first()
    if kept is None:
        raise in_flight()
    return kept


def _replay(kept: IdempotencyKey, body_hash: str) -> Response:
    """The answer with its fields in the order of the first one, which `jsonb` does not keep: only
    the release before has kept it as that."""
    if kept.body_hash != body_hash:
        raise KeyReusedError
    headers = {"Idempotency-Replayed": "true"}
    if kept.location:
        headers["Location"] = kept.location
    text = kept.encrypted_answer or kept.answer_text
    body = json.loads(text) if text else kept.answer
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


_STORE = """
UPDATE core_idempotencykey
SET status_code = %s, encrypted_answer = %s, location = %s, token_scopes = %s
WHERE id = %s RETURNING id
"""


def _store(unit: UnitOfWork, claimed: int, answer: Response, token_scopes: set[str]) -> None:
    """Keep the answer, in the statement that writes what waits; as encrypted text alone."""
    text = json.dumps(answer.data, cls=JSONEncoder)
    column: Any = IdempotencyKey._meta.get_field("encrypted_answer")
    kept = column.get_db_prep_save(text, connection)
    where = answer.headers.get("Location", "")
    values = [answer.status_code, kept, where, sorted(token_scopes), claimed]
    unit.execute(IdempotencyKey._meta.db_table, _STORE, values)


def forget_old_keys(limit: int = 10_000) -> int:
    """Delete a chunk of keys older than 24 hours; how many there were."""
    old = IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT_FOR)
    # Asked twice: PostgreSQL asks only the outer one again of a row that was taken anew meanwhile.
    deleted, _ = old.filter(pk__in=old.values("pk")[:limit]).delete()
    return deleted
