"""What a token's check costs: the same view with and without it, in turns, in this process."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from rest_framework.test import APIRequestFactory

from bench.report import Line
from bench.urls import EmptyView
from identity.models import ServiceClient
from identity.tests.issuer import LoopbackIssuer, rsa_key

ROUNDS = 5000


class OpenView(EmptyView):
    """The empty view, for anybody."""

    authentication_classes = ()
    permission_classes = ()


def jobs() -> Iterator[Line]:
    """Microseconds beyond the view without a check; pairs, so that the machine's load cancels."""
    issuer = LoopbackIssuer(first=rsa_key("first"))
    settings.OIDC_TRUSTED_ISSUERS = [issuer.url]
    ServiceClient.objects.create(
        name="Bench", issuer=issuer.url, client_id="test", allowed_scopes=["orders:read"]
    )
    token = issuer.sign(scope="orders:read")
    checked, unchecked = EmptyView.as_view(), OpenView.as_view()
    pairs = [(_cost(checked, token), _cost(unchecked, token)) for _ in range(ROUNDS)][500:]
    beyond = sorted(1e6 * (with_check - without) for with_check, without in pairs)
    spread = f"{beyond[len(beyond) // 4]:,.0f}-{beyond[3 * len(beyond) // 4]:,.0f}"
    base = 1e6 * statistics.median(without for _, without in pairs)
    yield Line("token check", statistics.median(beyond), "µs", base, "open view µs", spread)
    issuer.stop()


def _cost(view: Any, token: str) -> float:
    request = APIRequestFactory().get("/bench/", HTTP_AUTHORIZATION=f"Bearer {token}")
    start = time.perf_counter()
    answer = view(request)
    cost = time.perf_counter() - start
    assert answer.status_code == 200, answer.data
    return cost
