"""Asking: addresses of endpoints and pages with examples of the cast, and who asks.

What is done within `tried` is undone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from rest_framework.test import APIClient

from clinical.models import StudyAttachment
from identity.rights.scopes import SCOPES
from identity.tests.issuer import shared_issuer
from kits.models import Kit
from tests.matrix import addresses, expectations
from tests.matrix.cast import MISSING, ROLES, Cast
from tests.statements import written_tables

OF_NO_INTEREST = {"django_session", "identity_opensession"}
NOBODY = APIClient(raise_request_exception=False)  # signed in nowhere; tokens come with a request
PART = re.compile(r"<(?:\w+:)?(\w+)>")


@contextmanager
def tried() -> Iterator[list[str]]:
    """Undo what is done within; the tables that were written to meanwhile."""
    written: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        written.extend(table for table in written_tables(sql) if table not in OF_NO_INTEREST)
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)


def address(endpoint: addresses.Endpoint, cast: Cast, *, foreign: bool = False) -> str:
    """The endpoint's address with objects of our own.

    `foreign` means the child of another parent below ours, or, with one part, what is missing.
    """
    parts = PART.findall(endpoint.route)
    values = {part: _own(endpoint, cast, part) for part in parts}
    if foreign:
        nested = len(parts) > 1
        model = _parent(cast, parts[-1]) if parts[-1].endswith("_pk") else endpoint.model
        values[parts[-1]] = cast.key(model, foreign=True) if nested else MISSING
    return "/" + PART.sub(lambda found: str(values[found[1]]), endpoint.route)


def _own(endpoint: addresses.Endpoint, cast: Cast, part: str) -> Any:
    """What stands at this part of the address: `patient_pk`, `pk` or a lookup such as `item_id`."""
    if part == "name":
        return "close"  # of what can be done about an exception
    if part == "kit_serial":
        return cast.own[Kit].serial
    if not part.endswith("_pk"):
        return getattr(cast.example(endpoint.model), part)
    return cast.own[_parent(cast, part)].pk


def _parent(cast: Cast, part: str) -> Any:
    """The model that a part such as `patient_pk` names a row of."""
    models = {model._meta.model_name: model for model in cast.own}
    name = part.removesuffix("_pk")
    assert name in models, f"Add an example of {name!r} to `own` in tests/matrix/cast.py."
    return models[name]


def ask(endpoint: addresses.Endpoint, where: str, token: str | None, client: Any = None) -> Any:
    """The answer to a request with an empty body."""
    client = client or NOBODY
    headers = {"HTTP_ACCESS_REASON": "test"}
    headers |= {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token is not None else {}
    body = {} if endpoint.method == "get" else {"data": "{}", "content_type": "application/json"}
    if endpoint.name in expectations.SEARCHES:
        body = {"data": "", "content_type": "application/x-www-form-urlencoded"}
    return getattr(client, endpoint.method)(where, **body, **headers)


def program(scopes: str, client: str = "test") -> str:
    """A token of a program."""
    return shared_issuer().sign(scope=scopes, sub=client, client_id=client)


def person(letter: str) -> str:
    """A token of somebody of the staff that asks for everything; the role caps it."""
    return shared_issuer().sign(scope=" ".join(SCOPES), sub=ROLES[letter], client_id="a-tool")


def example(page: str, key: Any = 1) -> str:
    """An address of this page."""
    return re.sub(r"<[^>]*>", "1", page.replace("<id>", str(key)).replace("<app>", "clinical"))


def page_address(cast: Cast, page: str, key: Any) -> str:
    """The address of this page with objects of the cast."""
    file = str(cast.key(StudyAttachment))
    return "/admin/" + example(page.replace("<int:file>", file), key)
