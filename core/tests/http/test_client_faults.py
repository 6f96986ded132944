"""What became of a request: on which side of "not sent" and "no answer" each fault falls."""

import socket
from threading import Event
from threading import enumerate as enumerate_threads
from time import monotonic
from typing import Any

import pytest

from core.http import (
    Done,
    Limits,
    Outcome,
    Reader,
    Request,
    Response,
    Temporary,
    Unknown,
    connections,
    fetch,
    send,
    send_many,
)
from core.tests.http.server import (
    OK,
    SHORT,
    Script,
    Talk,
    after_hearing,
    full_backlog,
    hang_up,
    order,
    staged,
    taken,
)

MEBIBYTE = 1024 * 1024


def never(_: Response) -> Outcome:
    raise AssertionError("there was nothing to read")


def assert_tells_nothing(outcome: Outcome) -> None:
    assert isinstance(outcome, Temporary | Unknown)
    for private in ("secret", "orders", "Bearer", "127.0.0.1"):
        assert private not in outcome.reason


def send_in_time(request: Request, read: Reader = never) -> Outcome:
    started = monotonic()
    outcome = send(request, read)
    # Generous, for busy machines: without a deadline these last for ever.
    assert monotonic() - started < request.timeout + 5
    assert_tells_nothing(outcome)
    return outcome


def assert_not_sent(outcome: Outcome, words: str) -> None:
    assert isinstance(outcome, Temporary), outcome
    assert outcome.not_taken
    assert outcome.reason.startswith("not sent: ")
    assert words in outcome.reason


# --- nothing was sent -------------------------------------------------------------------------


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert_not_sent(send_in_time(order(f"http://127.0.0.1:{port}/")), "Connection refused")


def test_a_network_without_a_route_is_not_sent() -> None:
    # TCP to the broadcast address fails in the kernel; no packet leaves.
    assert_not_sent(send_in_time(order("http://255.255.255.255/", timeout=1)), "unreachable")


def test_a_name_that_does_not_resolve_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert_not_sent(send_in_time(order("http://shop.example/")), "not known")


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "2130706433", "[::1", ""])
def test_what_is_no_host_is_not_sent(host: str) -> None:
    assert_not_sent(send_in_time(order(f"http://{host}/")), "not an address")


@pytest.mark.filterwarnings("error")
def test_a_name_server_that_hangs_is_cut_off_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = Event()

    def hang(*_: Any, **__: Any) -> Any:
        answered.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        assert_not_sent(send_in_time(order("http://shop.example/", SHORT)), "time ran out")
    finally:
        answered.set()
        for thread in enumerate_threads():
            if thread.name == "name look-up":
                thread.join()


def test_a_connection_that_is_never_made_is_not_sent() -> None:
    with full_backlog() as port:
        outcome = send_in_time(order(f"http://127.0.0.1:{port}/", SHORT))
    assert_not_sent(outcome, "time ran out")


def test_connecting_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_WITHIN", SHORT)
    started = monotonic()
    with full_backlog() as port:
        outcome = send_in_time(order(f"http://127.0.0.1:{port}/", timeout=30))
    assert_not_sent(outcome, "time ran out")
    assert monotonic() - started < 2


def talks_plain(talk: Talk) -> None:
    talk.sock.recv(10)
    talk.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hangs_up_at_once(talk: Talk) -> None:
    talk.sock.recv(10)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (talks_plain, "SSL"),
        (hangs_up_at_once, ""),
        (Talk.reset, "reset"),
        (Talk.hold, "time ran out"),
    ],
)
def test_a_failed_handshake_is_not_sent(script: Script, words: str) -> None:
    with staged(script) as stage:
        outcome = send_in_time(order(stage.url.replace("http", "https"), SHORT))
    assert_not_sent(outcome, words)


# --- it was sent, and there is no usable answer -----------------------------------------------


def drip_an_answer(talk: Talk) -> None:
    talk.hear()
    talk.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500)


def pour(head: bytes, chunk: bytes) -> Script:
    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(head)
        while True:
            talk.say(chunk)

    return script


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
NO_ANSWER = {
    "silence": (after_hearing(b"", Talk.hold), "time ran out"),
    "a reset": (after_hearing(b"", Talk.reset), "broke"),
    "hanging up": (after_hearing(b"", hang_up), "broke"),
    "half a status line": (after_hearing(b"HTTP/1.", hang_up), "broke"),
    "half the headers": (after_hearing(OK + b"Content-Le", hang_up), "broke"),
    "half the headers, then silence": (after_hearing(OK, Talk.hold), "time ran out"),
    "half a body": (after_hearing(OK + b"Content-Length: 9\r\n\r\n1234", hang_up), "cut short"),
    "half a body, then a reset": (
        after_hearing(OK + b"Content-Length: 9\r\n\r\n1234", Talk.reset),
        "",
    ),
    "half a body, then silence": (
        after_hearing(OK + b"Content-Length: 9\r\n\r\n1234", Talk.hold),
        "time ran out",
    ),
    "a chunk missing": (after_hearing(CHUNKED + b"5\r\nhello\r\n", hang_up), "cut short"),
    "a chunk of no size": (after_hearing(CHUNKED + b"zz\r\nhello\r\n"), ""),
    "not HTTP": (after_hearing(b"220 mail.example ESMTP\r\n\r\n"), "not HTTP"),
    "a status of letters": (after_hearing(b"HTTP/1.1 abc Huh\r\n\r\n"), "not HTTP"),
    "two lengths": (
        after_hearing(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        "not HTTP",
    ),
    "a huge header": (after_hearing(OK + b"X: " + b"x" * 99_999 + b"\r\n\r\n"), "not HTTP"),
    "endless headers": (pour(OK, b"X-More: and more\r\n"), ""),
    "endless promises": (pour(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "time ran out"),
    "a byte at a time": (drip_an_answer, "time ran out"),
    "a large body": (
        after_hearing(OK + b"Content-Length: 1048577\r\n\r\n" + b"x" * (MEBIBYTE + 1)),
        "larger",
    ),
    "an endless body": (pour(CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n"), "larger"),
    "a body until hang-up, endless": (pour(OK + b"\r\n", b"x" * 1024), "larger"),
    "a compressed body": (
        after_hearing(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"),
        "compressed",
    ),
}


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
@pytest.mark.parametrize("fault", NO_ANSWER)
def test_after_sending_every_fault_leaves_the_outcome_unknown(fault: str, method: str) -> None:
    script, words = NO_ANSWER[fault]
    with staged(script) as stage:
        outcome = send_in_time(order(stage.url, SHORT if "time" in words else 5.0, method))
        assert isinstance(outcome, Unknown), outcome
        assert outcome.reason.startswith("no usable answer: ")
        assert words in outcome.reason
        assert len(stage.requests) == 1


def test_an_answer_of_just_one_mebibyte_is_read() -> None:
    with staged(after_hearing(OK + b"Content-Length: 1048576\r\n\r\n" + b"x" * MEBIBYTE)) as stage:
        assert len(fetch(order(stage.url)).body) == MEBIBYTE


def test_a_server_that_reads_nothing_leaves_the_outcome_unknown() -> None:
    over = Event()
    with staged(lambda _: over.wait(5)) as stage:
        outcome = send_in_time(order(stage.url, SHORT, body=b"x" * 20 * MEBIBYTE))
        over.set()
    assert outcome == Unknown("no usable answer: time ran out")


def test_what_was_given_up_is_not_sent_on_behind_our_back() -> None:
    given_up, counted, sizes = Event(), Event(), []

    def slow_reader(talk: Talk) -> None:
        given_up.wait(5)
        talk.hold()
        sizes.append(len(talk.rest))
        counted.set()

    def signal(talk: Talk) -> None:
        talk.hear()
        given_up.set()
        counted.wait(5)
        talk.answer()

    large = b"x" * 20 * MEBIBYTE
    with staged(slow_reader) as slow, staged(signal) as other:
        jobs = [(order(slow.url, SHORT, body=large), never), (order(other.url), taken)]
        outcomes = send_many(jobs, Limits(concurrency=1))
    assert [type(outcome) for outcome in outcomes] == [Unknown, Done]
    assert sizes[0] < len(large)
