"""What a laboratory says is nowhere to be seen before a clinician has released it.

Every address there is, by everybody: a canary value stands where a clinician reads it, and nowhere
else. So do the tables, the log and what goes to the broker.
"""

import logging

import pytest
from celery import current_app
from django.db import connection
from django.test import Client

from clinical.laboratories import incoming, informing
from clinical.models import LabResult
from clinical.tests.laboratories.messages import SECRET, finding, message, post
from core.observability.logs import JsonFormatter
from identity.tests.factories import ServiceClientFactory
from identity.tests.issuer import shared_issuer
from tests.matrix.asking import tried
from tests.matrix.cast import UNRELEASED, Cast
from tests.matrix.looks import looks, shown

pytestmark = pytest.mark.django_db
WHERE_IT_IS_READ = {
    "page clinical/labresult/<id>/change/",
    "page clinical/labresult/<id>/acknowledge/",
}


@pytest.fixture(autouse=True)
def known_issuer(settings):
    settings.OIDC_ISSUER = shared_issuer().url


def showing(cast: Cast, letter: str) -> set[str]:
    """The looks at which somebody is shown the value."""
    ServiceClientFactory(client_id="a-tool")
    found = set()
    for name, look in looks().items():
        with tried():
            if not look.is_write and UNRELEASED in shown(look.ask(cast, letter)):
                found.add(name)
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("letter", "where"), [("A", set()), ("M", set()), ("*", WHERE_IT_IS_READ)])
def test_every_address_by_whoever_may_see_much(cast, letter, where):
    assert showing(cast, letter) == where


def tables_with(text: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        like = [f"%{text}%", f"%{text.encode().hex()}%"]
        asked = 'SELECT EXISTS (SELECT FROM "{}" t WHERE t::text ILIKE ANY (%s))'
        hits = []
        for name in names:
            cursor.execute(asked.format(name), [like])
            hits += [name] if cursor.fetchone()[0] else []
    return hits


def test_no_table_no_log_and_no_message_to_the_broker(cast, settings, caplog, monkeypatch):
    settings.REFERENCE_LABORATORY_SECRET = SECRET
    sent: list[object] = []
    monkeypatch.setattr(current_app, "send_task", lambda *given, **k: sent.append((given, k)))
    result = cast.own[LabResult]
    sample = {"serial": "K1", "name": "Zqfirst Zqlast", "birth_date": "1931-07-13"}
    with caplog.at_level(logging.DEBUG):
        critical = [finding(UNRELEASED, "critical")]
        post(message(version=2, sample=sample, findings=critical))
        post(message(version=3, sample=sample, findings=critical)[:-9])
        post(message(version=4, sample=sample, findings=[finding(UNRELEASED, "odd")]))
        Client().post("/api/v1/webhooks/laboratories/reference/", UNRELEASED, "application/json")
        incoming.read_waiting()
        informing.call_due()
    result.refresh_from_db()
    assert (result.number, result.flag, result.state) == (2, "critical", "held")
    assert tables_with(UNRELEASED) == []
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert not [line for line in [*lines, repr(sent)] if UNRELEASED in line]
