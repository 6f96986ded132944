"""An issuer of each test's own, trusted, with the service client `test`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.response import Response
from rest_framework.test import APIClient

from identity.tests.factories import ServiceClientFactory
from identity.tests.issuer import LoopbackIssuer, rsa_key
from identity.tokens import issuer_keys

Ask = Callable[..., Response]


@pytest.fixture(autouse=True)
def nothing_shared() -> None:
    """No test knows the keys that an issuer of another test published on the same port."""
    cache.clear()


@pytest.fixture
def issuer(settings, db) -> Iterator[LoopbackIssuer]:
    """A trusted issuer with one RSA key, and its client `test`, who may do everything."""
    issuer = LoopbackIssuer(first=rsa_key("first"))
    settings.OIDC_ISSUER = issuer.url
    ServiceClientFactory(issuer=issuer.url)
    yield issuer
    issuer.stop()
    issuer_keys.forget()


@pytest.fixture
def ask() -> Ask:
    """`ask(token)`: GET the probe with this token; the answer."""

    def ask(token: str | None = None, path: str = "/probe/", **headers: Any) -> Response:
        client = APIClient(raise_request_exception=False)
        if token is not None:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client.get(path, **headers)

    return ask
