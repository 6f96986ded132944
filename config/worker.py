"""gunicorn's threads, of which none waits for a client.

gunicorn gives a thread to each connection as soon as it opens, and the thread reads: sixteen
clients that send half a request stop sixteen threads for as long as they like. Here the main loop
reads each request to its end, without waiting for any of them, and only then a thread takes it;
and the connections that have said nothing for longest make room for new ones. Likewise a thread
never waits for a client that takes its answer slowly: the main loop sends the rest.
"""

import errno
import re
import socket
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn import http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

READ_WITHIN = 20.0  # seconds for a whole request; also for the first byte of a new connection
LINGER = 2.0  # seconds in which a client may read the end of an answer (RFC 9112, 9.6)
SENT_WITHIN = 20.0  # seconds for an answer, and one more for each so many bytes of it
SLOWEST = 16 * 1024
CHUNK = 256 * 1024  # bytes that are sent at a time
LONGEST_HEAD = 64 * 1024  # gunicorn's parser refuses shorter ones already
LARGEST_BODY = 16 * 1024 * 1024  # a longer one is for Dosette to refuse, unread
MOST_HELD = 64 * 1024 * 1024  # bytes of unfinished requests, of all connections together
MOST_UNSENT = 64 * 1024 * 1024  # likewise, of answers that wait for their clients
MOST_LINGERING = 1000
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*([^\r\n]*)")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:")
_EXPECTS = re.compile(rb"(?im)^expect:[ \t]*100-continue[ \t]*\r\n")


def _length(head: bytes) -> int | None:
    """Of the body that a head announces; None for one that is not waited for.

    That is one too large, one of unknown length, and a length that makes no sense.
    """
    lengths = _LENGTH.findall(head)
    if not lengths and not _CHUNKED.search(head):
        return 0
    length = lengths[0].strip() if len(lengths) == 1 else b""
    if not length.isdigit() or len(length) > 9 or int(length) > LARGEST_BODY:
        return None
    return int(length)


class Outgoing(socket.socket):
    """A socket that takes all that is sent at once, and keeps what its client does not take yet."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(fileno=sock.detach())
        self.unsent = bytearray()

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send it, or keep it: without waiting either way."""
        self.unsent += data
        with suppress(BlockingIOError):
            self.send_on(flags)

    def send_on(self, flags: int = 0) -> None:
        """Send what is kept. Raises BlockingIOError when the client takes no more for now."""
        while self.unsent:
            sent = self.send(memoryview(self.unsent)[:CHUNK], flags | socket.MSG_DONTWAIT)
            del self.unsent[:sent]


class Connection(TConn):
    """A connection, and what came of the request that is being read."""

    def __init__(self, worker: "Worker", sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(worker.cfg, Outgoing(sock), client, server)
        self.initialized: bool
        self.worker = worker
        self.deadline = 0.0
        self.begin(b"")

    def init(self) -> None:
        """Parse what was received and nothing else: what is missing there is the end."""
        if not self.initialized:
            self.initialized = True
            self.parser = http.get_parser(self.cfg, (), self.client)

    def begin(self, received: bytes) -> None:
        """Read a request, of which so much is here."""
        self.received = bytearray(received)
        self.size = len(received)  # what of it came, though some may be left out
        self.needed: int | None = None  # bytes of the whole request, once its head is here
        self.is_cut = False

    def is_whole(self) -> bool:
        """Whether a thread can take it without waiting: it is all here, or will be refused."""
        if self.needed is None:
            self.received = self.received.lstrip(b"\r\n")  # RFC 9112, 2.2
            end = self.received.find(b"\r\n\r\n") + 4
            if end < 4:
                return len(self.received) > LONGEST_HEAD
            length = _length(bytes(self.received[: end - 2]))
            self.is_cut = length is None
            self.needed = end + (length or 0)
            if length and len(self.received) < self.needed:
                self._go_on(end)
        return len(self.received) >= self.needed

    def _go_on(self, end: int) -> None:
        """Tell who asks first (RFC 9110, 10.1.1) that the body is wanted; gunicorn need not."""
        if asked := _EXPECTS.search(bytes(self.received[:end])):
            self.sock.send(CONTINUE)
            del self.received[slice(*asked.span())]
            self.needed = (self.needed or 0) - len(asked[0])

    def close(self, graceful: bool = False) -> None:
        """Close, and never wait for the client: gunicorn's own stops the main loop up to 2 s."""
        if graceful:
            self.worker.linger(self)
        else:
            util.close(self.sock)


class Worker(ThreadWorker):
    """A worker whose threads get whole requests only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Both in the order of their deadlines, for all have the same time.
        self.reading: dict[Connection, None] = {}
        self.lingering: dict[Connection, None] = {}
        self.sending: dict[Connection, None] = {}
        self.held = self.unsent = 0

    def accept(self, listener: socket.socket) -> None:
        """Take a connection in, and begin to read."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        self.enqueue_req(Connection(self, sock, address, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Read the next request of a connection, of which some may be here already."""
        conn.begin(conn.parser.unreader.take_buffered() if conn.parser else b"")
        conn.sock.setblocking(False)
        conn.deadline = time.monotonic() + READ_WITHIN
        self.reading[conn] = None
        self.held += conn.size
        self.poller.register(conn.sock, EVENT_READ, partial(self._read, conn))
        self._read(conn)

    def _read(self, conn: Connection, _: Any = None) -> None:
        try:
            if not conn.is_whole() and not self._receive(conn):
                self._drop(conn)
            elif conn.is_whole():
                self._hand_over(conn)
        except BlockingIOError:  # it has said all that it has to say for now
            return
        except OSError:
            self._drop(conn)
        except Exception as error:  # noqa: BLE001 - the others' connections are in this loop, too
            self.log.error("%s while reading a request", type(error).__name__)
            self._drop(conn)

    def _receive(self, conn: Connection) -> bool:
        """Whether something came. Raises BlockingIOError when nothing is there to read."""
        data = conn.sock.recv(64 * 1024)
        conn.received += data
        conn.size += len(data)
        self.held += len(data)
        while self.held > MOST_HELD:
            self._drop(max(self.reading, key=lambda each: each.size))
        return bool(data) and conn in self.reading

    def _hand_over(self, conn: Connection) -> None:
        """To a thread: it is all in memory, so the thread waits for nobody."""
        self._forget(conn)
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(conn.received))
        conn.received.clear()
        super().enqueue_req(conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Not after a request that was not read to its end: the rest is not waited for.

        gunicorn's own, private: there is no hook for it, nor for the one below.
        """
        return not conn.is_cut and bool(super()._keepalive_after(conn, keepalive))

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """After a thread: the client is first sent what it has not taken of the answer."""
        if not conn.sock.unsent or conn.sock.fileno() < 0:
            super().finish_request(conn, fs)
            return
        conn.sock.setblocking(False)
        conn.size = len(conn.sock.unsent)
        conn.deadline = time.monotonic() + SENT_WITHIN + conn.size / SLOWEST
        self.sending[conn] = None
        self.unsent += conn.size
        self.poller.register(conn.sock, EVENT_WRITE, partial(self._send_on, conn, fs))
        while self.unsent > MOST_UNSENT:
            self._drop(next(iter(self.sending)))

    def _send_on(self, conn: Connection, fs: Any, _: Any) -> None:
        try:
            conn.sock.send_on()
        except BlockingIOError:
            return
        except OSError:
            self._drop(conn)
            return
        self._forget(conn)
        super().finish_request(conn, fs)

    def _forget(self, conn: Connection) -> None:
        if conn in self.reading:
            del self.reading[conn]
            self.held -= conn.size
        else:
            del self.sending[conn]
            self.unsent -= conn.size
        self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        if conn in self.reading or conn in self.sending:
            self._forget(conn)
            self.nr_conns -= 1
            conn.close()

    def _make_room(self) -> None:
        """Close who has made us wait for longest, or else has been kept alive for longest."""
        waiting = [next(iter(each)) for each in (self.reading, self.sending) if each]
        if waiting:
            self._drop(min(waiting, key=lambda conn: conn.deadline))
        elif self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def murder_pending(self) -> None:
        """Close those whose time is over; the main loop calls it every second at least."""
        now = time.monotonic()
        while self.reading and (conn := next(iter(self.reading))).deadline <= now:
            self._drop(conn)
        for conn in [conn for conn in self.sending if conn.deadline <= now]:
            self._drop(conn)
        if self.nr_conns >= self.worker_connections:  # none is accepted; all were busy at the last
            self._make_room()
        while self.lingering and (conn := next(iter(self.lingering))).deadline <= now:
            self._end(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """At a stop, those who have not sent their request by then are not waited for either."""
        super()._cap_keepalive(deadline)
        for conn in self.reading:
            conn.deadline = min(conn.deadline, deadline)

    def linger(self, conn: Connection) -> None:
        """Say that this was all, and let the client read it before the connection closes."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            util.close(conn.sock)
            return
        conn.deadline, conn.size = time.monotonic() + LINGER, 0
        self.lingering[conn] = None
        self.poller.register(conn.sock, EVENT_READ, partial(self._drain, conn))
        if len(self.lingering) > MOST_LINGERING:
            self._end(next(iter(self.lingering)))

    def _drain(self, conn: Connection, _: Any) -> None:
        """What it sends on is thrown away, and so is the connection after 64 kB of it."""
        try:
            read = len(conn.sock.recv(4096))
            conn.size += read
            if read and conn.size < LONGEST_HEAD:
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        del self.lingering[conn]
        self.poller.unregister(conn.sock)
        util.close(conn.sock)
