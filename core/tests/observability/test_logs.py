"""Request ids from the web into tasks, and what a log line says."""

import json
import logging
import sys
import uuid

import pytest
from celery import current_app as app
from celery.app.trace import build_tracer
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from core.observability import logs
from core.observability.logs import JsonFormatter, PlainFormatter
from core.tasks import inject_request_id

SECRET = "jane.doe@example.com"


def fails(request, secret=""):
    """A view that fails, and quotes what it was sent."""
    raise ValueError(f"cannot read {SECRET}")


def answers(request, **_):
    """A view that tells its request's id."""
    return HttpResponse(logs.request_id())


urlpatterns = [
    path("fails/<str:secret>/", fails),
    path("answers/", answers),
    path("admin/", include(([path("", answers, name="index")], "admin"))),
]
handler500 = "core.api.errors.server_error"


@app.task(name="core.tests.lose")
def lose(pk):
    """A task that fails, and quotes what it has read."""
    logging.getLogger("core.tests").info("task %s", logs.request_id())
    raise ValueError(SECRET)


class Lines(logging.Handler):
    """What the log would hold in production."""

    def __init__(self):
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))

    def of(self, message):
        """The first line with this message, read."""
        return next(line for line in map(json.loads, self.lines) if line["message"] == message)


@pytest.fixture
def log():
    """The lines of everybody's loggers, whatever the level they are set to here."""
    handler, access = Lines(), logging.getLogger("core.access")
    logging.getLogger().addHandler(handler)
    level = access.level
    access.setLevel("INFO")
    yield handler
    access.setLevel(level)
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def web(settings):
    """A browser on the two views above."""
    settings.ROOT_URLCONF = "core.tests.observability.test_logs"
    return Client(raise_request_exception=False)


def test_an_id_that_looks_like_one_is_kept_and_sent_back(web):
    sent = str(uuid.uuid4())
    answer = web.get("/answers/", headers={"X-Request-ID": sent})
    assert (answer.content.decode(), answer.headers["X-Request-ID"]) == (sent, sent)


@pytest.mark.parametrize("sent", ["", "short", "jane.doe@example.com", "a" * 65, 'x"\n' * 8])
def test_another_is_replaced_by_one_of_ours(web, sent):
    answer = web.get("/answers/", HTTP_X_REQUEST_ID=sent)
    assert answer.headers["X-Request-ID"] == answer.content.decode() != sent
    assert logs.WELL_FORMED.fullmatch(answer.headers["X-Request-ID"])


def test_nothing_of_a_request_is_left_for_the_next(web):
    web.get("/answers/")
    assert logs.request_id() == ""


def test_a_requests_line_has_the_pattern_and_not_the_address(web, log):
    web.get(f"/fails/{SECRET}/?q={SECRET}")
    line = log.of("request")
    assert (line["method"], line["route"], line["status"]) == ("GET", "fails/<str:secret>/", 500)
    assert len(line["request_id"]) == 32


def test_an_exception_is_told_by_kind_and_place_and_never_by_its_text(web, log):
    answer = web.get(f"/fails/{SECRET}/?q={SECRET}")
    line = log.of("Internal Server Error")
    assert line["exception"] == "ValueError"
    assert line["at"][-1].endswith("fails")
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert SECRET not in "".join(log.lines)


def test_the_error_page_shows_the_number_to_quote(web):
    answer = web.get("/fails/x/")
    assert f"Request {answer.headers['X-Request-ID']}" in answer.content.decode()
    assert "ValueError" not in answer.content.decode()


def run(task, *args, **headers):
    """Run a task as a worker does, with the headers of its message."""
    tracer = build_tracer(task.name, task, app=app)
    return tracer("task-1", list(args), {}, {"id": "task-1", "task": task.name, **headers})


def test_a_task_logs_under_the_id_of_the_request_that_queued_it(log):
    headers: dict[str, str] = {}
    logs.begin("0123456789abcdef0123")
    inject_request_id(headers=headers)
    logs.end()
    run(lose, 1, **headers)
    line = log.of("task 0123456789abcdef0123")
    assert line["request_id"] == "0123456789abcdef0123"
    assert (line["task"], line["task_id"]) == ("core.tests.lose", "task-1")
    assert logs.request_id() == ""


def test_a_failed_task_leaves_a_line_without_what_it_quoted(log):
    run(lose, 1)
    assert log.of("task")["state"] == "FAILURE"
    assert '"exception": "ValueError"' in "".join(log.lines)
    assert SECRET not in "".join(log.lines)


def test_every_message_carries_the_id():
    with app.connection_for_write() as connection:
        producer = app.amqp.Producer(connection)
        logs.begin("0123456789abcdef0123")
        lose.apply_async((1,), producer=producer, queue="of-this-test")
        logs.end()
        queue = connection.SimpleQueue("of-this-test")
        sent = queue.get(timeout=5).headers
    assert sent["dosette_request_id"] == "0123456789abcdef0123"


def record(name, message, *values):
    """A line of this logger."""
    return logging.LogRecord(name, logging.INFO, "", 1, message, values, None)


def test_values_in_the_messages_of_others_are_left_out():
    ours = json.loads(JsonFormatter().format(record("orders.services", "order %s", 7)))
    theirs = json.loads(JsonFormatter().format(record("some.library", "to %s", SECRET)))
    assert (ours["message"], theirs["message"]) == ("order 7", "to %s")


def test_what_djangos_checks_quote_is_left_out():
    name = "django.security.DisallowedModelAdminLookup"
    line = json.loads(JsonFormatter().format(record(name, f"Filtering by {SECRET} not allowed")))
    assert line["message"] == line["logger"] == name


def test_development_reads_plain_lines_with_the_whole_text():
    line = record("orders", "failed")
    try:
        fails(None)
    except ValueError:
        line.exc_info = sys.exc_info()
    logs.begin("0123456789abcdef0123")
    text = PlainFormatter("%(levelname)s %(message)s").format(line)
    logs.end()
    assert text.startswith("INFO failed")
    assert SECRET in text
    assert text.endswith("[01234567]")
