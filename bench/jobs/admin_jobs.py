"""P7: pages of the admin, one connection, in milliseconds of the server's CPU."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import isnan

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client

from bench import world
from bench.jobs import Options, calls, limits
from bench.jobs.api_jobs import figure
from bench.report import Figure, Row
from bench.world import Measured
from desk.start import rollup
from identity.models import User

FIGURES_OF = 31  # days that the start page shows
SEARCHES = {
    "number": "co-4711",
    "name": "Customer+471",
    "telephone": "0700+000471",
    "postcode that all have": "W2+6NB",
    "recipient that all have": "John+Doe",
    "what there is not": "Zebedee",
}
ORDERS = {"product": "/admin/orders/order/", "naive": "/admin/naive/order/"}


def jobs(options: Options) -> Iterator[Row]:
    """Each page on both sides, in turns."""
    for _ in range(FIGURES_OF):  # today and a day of before with each
        rollup.keep()
    cookies = {"product": _signed_in(), "naive": _signed_in_plainly()}
    with world.both() as (*webs, _):
        for name, ours, naive in _pages():
            row = Row(f"P7 {name}, {options.orders:,}", unit="ms", less_is_better=True)
            row.limit_name = "its statements alone"
            paths = {"product": ours, "naive": naive}
            scripts = {
                web: partial(calls.get, paths[web.side], {"Cookie": cookies[web.side]})
                for web in webs
            }
            for web in webs:
                web.measure(scripts[web], 0.5, connections=1)
            for _ in range(options.runs):
                for web, figures in zip(webs, (row.product, row.naive), strict=True):
                    seconds = min(options.seconds, 2.0)
                    figures.append(_cpu(web.measure(scripts[web], seconds, connections=1)))
                row.limit.append(limits.alone(partial(_drawn, cookies["product"], ours)))
            if any(each.errors for each in (*row.product, *row.naive)):
                row.note = "ERRORS"
            yield row


def _drawn(cookie: str, path: str) -> None:
    """Draw a page of the product in this process."""
    answer = Client(SERVER_NAME="127.0.0.1", headers={"cookie": cookie}).get(path)
    assert answer.status_code == 200, answer


def _pages() -> Iterator[tuple[str, str, str]]:
    ours, naive = ORDERS["product"], ORDERS["naive"]
    yield "list plain", ours, naive
    yield "list filtered", f"{ours}?state__exact=placed", f"{naive}?status__exact=placed"
    yield "list by number", f"{ours}?q=co-4711", f"{naive}?q=4711"
    yield "list by name", f"{ours}?q=Customer+471", f"{naive}?q=Customer+471"
    yield "list page 150", f"{ours}?p=150", f"{naive}?p=150"
    newest, naive_newest = (_newest(table) for table in ("orders_order", "naive_order"))
    yield "change page", f"{ours}{newest}/change/", f"{naive}{naive_newest}/change/"
    yield "start page", "/admin/", "/admin/"
    for name in ("customer", "shipment"):
        app = "customers" if name == "customer" else "shipping"
        yield f"{name}s", f"/admin/{app}/{name}/", f"/admin/naive/{name}/"
    yield "messages", "/admin/notifications/notification/", naive
    yield "exceptions", "/admin/core/case/", naive
    # The naive side has no search but that of one list.
    for name, typed in SEARCHES.items():
        yield f"search by {name}", f"/admin/search/?s={typed}", f"{naive}?q={typed}"


def _cpu(measured: Measured) -> Figure:
    """The value is the server's time: CPU of Python, and of PostgreSQL where it is known."""
    each = figure(measured)
    return replace(each, value=each.python + (0 if isnan(each.postgres) else each.postgres))


def _signed_in() -> str:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="admin"))
    return f"sessionid={client.cookies['sessionid'].value}"


def _signed_in_plainly() -> str:
    """By Django's own sessions, as the naive project has them."""
    user = User.objects.get(username="admin")
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


def _newest(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM {table}")
        return int(cursor.fetchone()[0])
