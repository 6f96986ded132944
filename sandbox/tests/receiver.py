"""Dosette's place in these tests: a server that keeps what is posted to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from sandbox.testing import wait_until


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """``answers`` are the statuses to give next; after them 200. ``hold`` cleared makes it wait."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.posts: list[Received] = []
        self.answers: list[int] = []
        self.hold = threading.Event()
        self.hold.set()
        self.held = 0

    def wait_for(self, count: int) -> list[Received]:
        wait_until(lambda: len(self.posts) >= count)
        return self.posts

    def clear(self) -> None:
        self.posts.clear()
        self.answers.clear()
        self.hold.set()
        self.held = 0


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.held += 1
            receiver.hold.wait(10)
            status = receiver.answers.pop(0) if receiver.answers else 200
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.posts.append(Received(self.path, headers, body))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
