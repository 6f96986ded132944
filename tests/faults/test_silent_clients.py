"""Clients that say nothing, or half of it, take no thread of the web server from the others.

`SILENT=2000 pytest tests/faults/test_silent_clients.py` opens as many of each kind.
"""

import os
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from sandbox.testing import wait_until
from tests.faults.test_faults import _process as running
from tests.faults.test_faults import environment_of_tests

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
SILENT = int(os.environ.get("SILENT") or 500)
Address = tuple[str, int]
REQUEST = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = b"POST /api/v1/orders/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a line": b"GET /li",
    "half a head": b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "empty lines": b"\r\n\r\n\r\n",
    "half a body": POST + b"Content-Length: 1000\r\n\r\n{",
    "a body that is to be continued": POST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{",
    "a huge body": POST + b"Content-Length: 999999999\r\n\r\n{",
    "a second request, by half": REQUEST + b"GET /livez",
    "a request, and then nothing": REQUEST,
}


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The server as `make run` starts it, with two processes of two threads."""
    with serving(tmp_path_factory.mktemp("web")) as (address, _):
        yield address


@contextmanager
def serving(
    folder: Path, words: str = "", **more: str
) -> "Iterator[tuple[Address, subprocess.Popen[bytes]]]":
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        address = "127.0.0.1", int(probe.getsockname()[1])
    given = environment_of_tests(folder) | {"PORT": str(address[1])}
    given |= {"WEB_CONCURRENCY": "2", "WEB_THREADS": "2", "WEB_GRACE": "20", "RATE_ADDRESS": ""}
    settings = folder / "gunicorn.py"
    settings.write_text(f"from config import worker\nfrom config.gunicorn import *\n{words}")
    command = ("-m", "gunicorn", "-c", str(settings))
    with running(command, os.environ | given | more) as process:
        wait_until(lambda: _answers(address), 60)
        yield address, process


def _answers(address: Address) -> bool:
    try:
        return _ask(address) < 60
    except OSError:
        return False


def _ask(address: Address, path: str = "/livez") -> float:
    """How many seconds an answer takes, on a connection of its own."""
    began = time.monotonic()
    with closing(HTTPConnection(*address, timeout=20)) as connection:
        connection.request("GET", path)
        assert connection.getresponse().status == 200
    return time.monotonic() - began


@contextmanager
def clients(
    address: Address, count: int, said: bytes, window: int = 0
) -> Iterator[list[socket.socket]]:
    """So many open connections, each of which has said this and listens to nothing.

    `window` is how many bytes the kernel takes in for each; its own default is a few megabytes.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 1024)), hard))
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            client = stack.enter_context(socket.socket())
            client.settimeout(20)
            if window:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
            client.connect(address)
            client.sendall(said)
            opened.append(client)
        yield opened


@pytest.mark.parametrize("said", UNFINISHED.values(), ids=UNFINISHED)
def test_they_do_not_keep_the_others_waiting(web: Address, said: bytes) -> None:
    with clients(web, SILENT, said):
        slowest = max(_ask(web) for _ in range(10))
    assert slowest < 5.0, "gunicorn's own threads: never"


# 1.5 MB: of so many one after the other the kernel takes the first or second, and no more.
LARGE = b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
FOUR = 4 * REQUEST.replace(b"/livez", LARGE)


def test_who_does_not_read_an_answer_keeps_nobody_waiting(web: Address) -> None:
    with clients(web, 40, FOUR, window=2048):
        slowest = max(_ask(web) for _ in range(10))
    assert slowest < 5.0, "while threads sent: 10 s for each four of them"


def test_who_reads_an_answer_late_gets_all_of_it(web: Address) -> None:
    last = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with clients(web, 1, FOUR + last, window=65_536) as [client]:
        _ask(web)
        answers = said(client)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 5
    assert answers.endswith(b"\r\n\r\nok\n")
    assert len(answers) > 4 * 1_500_000


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize(
    "words", ["worker.SENT_WITHIN, worker.SLOWEST = 1.0, 10**7", "worker.MOST_UNSENT = 10_000"]
)
def test_who_takes_too_little_is_let_go_and_so_is_what_would_fill_the_memory(
    tmp_path: Path, words: str
) -> None:
    with serving(tmp_path, words) as (web, _), clients(web, 1, FOUR, window=2048) as [client]:
        wait_until(lambda: _is_closed(client), 15)
        _ask(web)


@pytest.mark.usefixtures("django_db_setup")
def test_with_more_of_them_than_it_may_have_the_others_are_let_in_too(tmp_path: Path) -> None:
    with serving(tmp_path, WEB_CONNECTIONS="20") as (web, _), clients(web, 60, FOUR, window=2048):
        assert max(_ask(web) for _ in range(10)) < 5.0


def _is_closed(client: socket.socket) -> bool:
    try:
        client.send(b"\r\n")
    except ConnectionError:
        return True
    return False


@pytest.mark.usefixtures("django_db_setup")
def test_with_more_of_them_than_it_may_have_the_others_are_let_in_first(tmp_path: Path) -> None:
    with serving(tmp_path, WEB_CONNECTIONS="20") as (web, process), clients(web, 200, b"GET /li"):
        assert max(_ask(web) for _ in range(10)) < 2.0
        began = time.monotonic()
        process.terminate()
        assert process.wait(30) == 0
        assert time.monotonic() - began < 10, "a stop does not wait for them either"


def said(client: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def test_what_comes_in_pieces_is_answered(web: Address) -> None:
    with clients(web, 1, b"") as [client]:
        for byte in REQUEST[:-2]:
            client.sendall(bytes([byte]))
        client.sendall(b"Connection: close\r\n\r\n")
        assert said(client).endswith(b"\r\n\r\nok\n")


def test_requests_sent_at_once_are_answered_one_after_the_other(web: Address) -> None:
    last = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with clients(web, 1, REQUEST + REQUEST + last) as [client]:
        assert said(client).count(b"\r\n\r\nok\n") == 3


def test_who_asks_first_is_told_to_go_on(web: Address) -> None:
    with clients(web, 1, POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n") as [client]:
        assert client.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.sendall(b"{}")
        assert b"HTTP/1.1 401 " in client.recv(65536)


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (b"Content-Length: 20000000", 413),
        (b"Content-Length: 99999999999", 413),
        (b"Content-Length: -1", 400),
        (b"Content-Length: 2\r\nContent-Length: 3", 400),
        (b"Content-Length: x", 400),
        (b"Transfer-Encoding: chunked", 411),
        (b"X: " + b"x" * 70_000, 431),
    ],
)
def test_what_is_refused_is_told_so_without_its_body(
    web: Address, length: bytes, status: int
) -> None:
    with clients(web, 1, POST + length + b"\r\n\r\n") as [client]:
        assert client.recv(65536).startswith(b"HTTP/1.1 %d " % status)


def test_a_large_body_arrives_whole(web: Address) -> None:
    body = b'{"customer": "' + b"x" * 900_000 + b'"}'
    with clients(web, 1, POST + b"Content-Length: %d\r\n\r\n" % len(body) + body) as [client]:
        assert client.recv(65536).startswith(b"HTTP/1.1 401 ")
