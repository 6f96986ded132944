"""A server on loopback that misbehaves as told, for the tests of the outbound client."""

import errno
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from time import monotonic

from core.http import Done, Outcome, Request, Response

LIMIT = 5.0
SECRET = "Bearer secret-token"
SHORT = 0.5
OK = b"HTTP/1.1 200 OK\r\n"


class HungUpError(Exception):
    """The client has closed the connection."""


class Talk:
    """One connection, as a script sees it."""

    def __init__(self, stage: "Stage", sock: socket.socket) -> None:
        self.stage, self.sock, self.rest = stage, sock, b""

    def hear(self) -> bytes:
        """The next whole request; it is on the stage's record."""
        head = self._until(b"\r\n\r\n")
        length = next(
            (
                int(line[15:])
                for line in head.lower().split(b"\r\n")
                if line[:15] == b"content-length:"
            ),
            0,
        )
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        with self.stage.lock:
            self.stage.requests.append(head + b"\r\n\r\n" + body)
            self.stage.times.append(monotonic())
        return self.stage.requests[-1]

    def say(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError:
            raise HungUpError from None

    def answer(self, body: bytes = b"{}", status: str = "200 OK", headers: str = "") -> None:
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}"
        self.say(f"HTTP/1.1 {status}\r\n{length}\r\n".encode() + body)

    def drip(self, data: bytes, pause: float = 0.02) -> None:
        """Byte by byte, for ever as far as the client is concerned."""
        for number in range(len(data)):
            self.say(data[number : number + 1])
            self.stage.over.wait(pause)

    def hold(self) -> None:
        """Say nothing more until the client hangs up."""
        with suppress(HungUpError):
            while True:
                self._more()

    def reset(self) -> None:
        """Hang up with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.rest:
            self._more()
        found, _, self.rest = self.rest.partition(mark)
        return found

    def _more(self) -> None:
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise HungUpError
        self.rest += data


Script = Callable[[Talk], object]


class Stage:
    """A listening socket; each connection plays the script in a thread of its own."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None, host: str) -> None:
        self.script, self.tls = script, tls
        self.requests: list[bytes] = []
        self.times: list[float] = []
        self.connections = 0
        self.lock, self.over = Lock(), Event()
        self.listener = socket.create_server((host, 0), backlog=128)
        self.host, self.port = self.listener.getsockname()[:2]
        self.open: list[socket.socket] = []
        self.threads = [Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/orders?token=secret-in-url"

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(LIMIT)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = Thread(target=self._play, args=(sock,), daemon=True)
            self.open.append(sock)
            self.threads.append(thread)
            thread.start()

    def _play(self, sock: socket.socket) -> None:
        with suppress(HungUpError, OSError), sock:
            sock.settimeout(LIMIT)
            secure = self.tls.wrap_socket(sock, server_side=True) if self.tls else sock
            with secure:
                self.script(Talk(self, secure))


@contextmanager
def staged(
    script: Script, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Stage]:
    stage = Stage(script, tls=tls, host=host)
    try:
        yield stage
    finally:
        stage.close()


def polite(talk: Talk) -> None:
    """Answer every request, on the same connection."""
    while True:
        talk.hear()
        talk.answer()


def at_request(number: int, do: Callable[[], object]) -> Callable[[Talk], None]:
    """Polite, and does something before it answers that request."""

    def script(talk: Talk) -> None:
        while True:
            talk.hear()
            if len(talk.stage.requests) == number:
                do()
            talk.answer()

    return script


def after_hearing(data: bytes, then: Script = Talk.hear) -> Script:
    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(data)
        then(talk)

    return script


def hang_up(_: Talk) -> None:
    """The connection closes when the script ends."""


def order(url: str, timeout: float = 5.0, method: str = "POST", body: bytes = b"{}") -> Request:
    return Request(method, url, {"Authorization": SECRET}, body, timeout)


def taken(response: Response) -> Outcome:
    return Done(str(response.status))


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue is full: the kernel drops further SYNs, so connecting hangs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            assert sock.connect_ex(("127.0.0.1", port)) == errno.EINPROGRESS
        yield port
        for sock in waiting:
            sock.close()


def test_the_stage_records_each_request_whole() -> None:
    with staged(polite) as stage, socket.create_connection((stage.host, stage.port)) as sock:
        for body in (b"one", b"two"):
            sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n" + body)
            assert sock.recv(1000).startswith(b"HTTP/1.1 200 OK")
    assert [request[-3:] for request in stage.requests] == [b"one", b"two"]
    assert stage.connections == 1
