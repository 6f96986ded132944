"""One request, and what is made of its answer: sent once, read once, never trusted."""

import json
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.http import (
    Done,
    Limits,
    NoResponseError,
    NotSentError,
    Outcome,
    Permanent,
    Request,
    Response,
    Temporary,
    Unknown,
    error_outcome,
    fetch,
    send,
    send_many,
)
from core.tests.http.server import (
    OK,
    SECRET,
    SHORT,
    Script,
    Talk,
    after_hearing,
    full_backlog,
    hang_up,
    order,
    polite,
    staged,
    taken,
)


def never(_: Response) -> Outcome:
    raise AssertionError("there was nothing to read")


# --- nothing is sent twice, and answers stay with their requests ------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
@pytest.mark.parametrize("end", [hang_up, Talk.reset])
def test_nothing_is_sent_twice_when_a_kept_connection_breaks(method: str, end: Script) -> None:
    def once_then_break(talk: Talk) -> None:
        talk.hear()
        talk.answer()
        talk.hear()
        end(talk)

    with staged(once_then_break) as stage:
        jobs = [(order(stage.url, method=method), taken)] * 2
        outcomes = send_many(jobs, Limits(concurrency=1))
        assert outcomes == [Done("200"), Unknown("no usable answer: the connection broke")]
        assert (len(stage.requests), stage.connections) == (2, 1)


def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_ones() -> None:
    def speaks_out_of_turn(talk: Talk) -> None:
        request = talk.hear()
        talk.answer(request[-2:])
        talk.stage.over.wait(0.02)
        talk.answer(b"XX", status="400 Bad Request")
        talk.hold()

    def echo(response: Response) -> Outcome:
        return Done(response.text)

    with staged(speaks_out_of_turn) as stage:
        jobs = [(order(stage.url, body=b"%02d" % number), echo) for number in range(4)]
        outcomes = send_many(jobs, Limits(concurrency=1, per_second=10))
    assert outcomes == [Done("00"), Done("01"), Done("02"), Done("03")]


def test_a_server_that_always_speaks_first_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Chatty:
        should_close = True

    class Line:
        protocol, transport, closed = Chatty(), None, 0

        def close(self) -> None:
            Line.closed += 1

    async def connect(*_: Any) -> Line:
        return Line()

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", connect)
    assert isinstance(send(order("http://127.0.0.1:9/"), never), Temporary)
    assert Line.closed == 3


def test_redirects_are_not_followed() -> None:
    elsewhere = after_hearing(
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    )
    with staged(elsewhere) as stage:
        assert send(order(stage.url), taken) == Done("307")
        assert len(stage.requests) == 1


def test_cookies_are_not_kept() -> None:
    def sets_a_cookie(talk: Talk) -> None:
        while True:
            talk.hear()
            talk.answer(headers="Set-Cookie: session=1; Path=/\r\n")

    with staged(sets_a_cookie) as stage:
        send_many([(order(stage.url), taken)] * 2, Limits(concurrency=1))
        assert [b"cookie" in request.lower() for request in stage.requests] == [False, False]


def test_the_environment_names_no_proxy_and_no_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with staged(polite) as stage:
        assert send(Request("GET", stage.url), taken) == Done("200")
        assert b"authorization" not in stage.requests[0].lower()


def test_a_request_arrives_as_it_was_written() -> None:
    with staged(polite) as stage:
        request = Request.json("POST", stage.url, {"name": "Zoë"}, {"Idempotency-Key": "7"})
        assert send(request, taken) == Done("200")
    head, _, body = stage.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "POST /orders?token=secret-in-url HTTP/1.1"
    assert {"Idempotency-Key: 7", "Content-Type: application/json"} <= set(headers)
    assert "Accept-Encoding: identity" in headers
    assert json.loads(body) == {"name": "Zoë"}


# --- reading the answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "misread",
    [
        lambda: {"a": 1}["patient Jane"],
        lambda: [][1],
        lambda: int("Jane"),
        lambda: None.jane,  # type: ignore[attr-defined]  # on purpose
        lambda: "Jane" + 1,  # type: ignore[operator]  # on purpose
        lambda: Decimal("Jane"),
        lambda: next(iter([])),
    ],
)
def test_an_answer_of_another_shape_leaves_the_outcome_unknown(misread: Any) -> None:
    with staged(polite) as stage:
        outcome = send(order(stage.url), lambda _: misread())
    assert isinstance(outcome, Unknown)
    assert outcome.reason.startswith("unreadable answer: ")
    assert "Jane" not in outcome.reason


def test_a_garbled_answer_says_what_is_wrong_with_it() -> None:
    with staged(after_hearing(OK + b"Content-Length: 2\r\n\r\n{}")) as stage:
        outcome = send(order(stage.url), lambda response: Done(**response.json_object()))
    assert outcome == Unknown("unreadable answer: 200, not declared as JSON")


def test_a_secret_that_is_repeated_to_us_goes_no_further() -> None:
    def repeats(talk: Talk) -> None:
        talk.answer(talk.hear(), status="400 Bad Request")

    def read(response: Response) -> Outcome:
        return error_outcome(response, server_error=Unknown) or Done()

    with staged(repeats) as stage:
        request = Request("POST", f"http://{stage.host}:{stage.port}/", {"Authorization": SECRET})
        outcome = send(request, read)
    assert isinstance(outcome, Permanent)
    assert outcome.reason == "refused: 400"
    assert "Authorization: …" in outcome.answer
    assert "secret-token" not in outcome.answer


def test_a_bug_in_a_reader_costs_no_other_job_its_outcome(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def buggy(_: Response) -> Outcome:
        raise RuntimeError("Jane's number")

    with staged(polite) as stage, caplog.at_level(logging.ERROR):
        outcomes = send_many([(order(stage.url), read) for read in (taken, buggy, taken)])
    assert outcomes == [
        Done("200"),
        Unknown("unreadable answer: our own RuntimeError"),
        Done("200"),
    ]
    assert "RuntimeError in " in caplog.text
    assert "Jane" not in caplog.text


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_request_to_stop_passes_through(stop: type[BaseException]) -> None:
    def interrupted(_: Response) -> Outcome:
        raise stop

    with staged(polite) as stage:
        with pytest.raises(stop):
            send(order(stage.url), interrupted)
        with pytest.raises(stop):
            send_many([(order(stage.url), taken), (order(stage.url), interrupted)])


# --- the answer itself ------------------------------------------------------------------------


def test_fetch_gives_the_answer_whatever_its_status() -> None:
    script = after_hearing(
        b"HTTP/1.1 418 A Teapot\r\nVia: a\r\nVia: b\xff\r\nContent-Length: 2\r\n\r\nhi"
    )
    with staged(script) as stage:
        response = fetch(order(stage.url))
    assert (response.status, response.text) == (418, "hi")
    assert response.headers["via"] == "a, b\ufffd"


def test_fetch_tells_not_sent_from_no_answer() -> None:
    with full_backlog() as port, pytest.raises(NotSentError, match="time ran out"):
        fetch(order(f"http://127.0.0.1:{port}/", SHORT))
    with (
        staged(after_hearing(b"", hang_up)) as stage,
        pytest.raises(NoResponseError, match="broke"),
    ):
        fetch(order(stage.url))


def test_a_failure_carries_no_trace_of_the_request() -> None:
    with (
        staged(after_hearing(b"nonsense\r\n\r\n")) as stage,
        pytest.raises(NoResponseError) as caught,
    ):
        fetch(order(stage.url))
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)


def test_a_broken_server_does_not_stop_a_sound_one() -> None:
    with staged(polite) as sound, staged(after_hearing(b"", Talk.hold)) as silent:
        jobs = [(order(stage.url, SHORT), taken) for stage in (sound, silent, sound)]
        outcomes = send_many(jobs)
    assert outcomes == [Done("200"), Unknown("no usable answer: time ran out"), Done("200")]
