"""P7: the admin's list of orders, in server milliseconds."""

import time
from collections.abc import Iterator

from django.test import Client

from bench.report import Line, median_and_spread
from identity.models import User

PAGES = {
    "plain": "",
    "filtered": "?state__exact=placed",
    "searched by number": "?q=co-4711",
    "searched by name": "?q=Customer+471",
}


def jobs(count: int) -> Iterator[Line]:
    """Each page against the admin's start page in the same process."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="admin"))
    client.get("/admin/")
    for name, query in PAGES.items():
        path = f"/admin/orders/order/{query}"
        client.get(path)
        times, spread = median_and_spread([_milliseconds(client, path) for _ in range(5)])
        base, _ = median_and_spread([_milliseconds(client, "/admin/") for _ in range(5)])
        job = f"P7 admin orders {name}, {count:,}"
        yield Line(job, times, "ms", base, "start page ms", spread)


def _milliseconds(client: Client, path: str) -> float:
    start = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, path
    return 1000 * (time.perf_counter() - start)
