"""The sandbox for tests: a real HTTP server on a free port of loopback, in a thread.

    with running_sandbox(web_url=live_server.url) as sandbox:
        settings.REFERENCE_PROVIDER_URL = f"{sandbox.url}/provider/shipments"
        ...
        assert [p["body"]["order_id"] for p in sandbox.parcels()] == ["co-1"]

Options are the fields of ``sandbox.config.Config``; the secrets' defaults are there. Events and
delivery reports are posted only when a ``web_url`` is given, without pauses. Starting takes
about a tenth of a second: use one for a whole session, and ``clear`` it before each test.
"""

import asyncio
import json
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.app import WORLD, World, listen, make_app, serve
from sandbox.config import Config


class Sandbox:
    """A running sandbox. ``config`` may be changed while it runs: ``web_url``, ``events``, …"""

    def __init__(self, world: World) -> None:
        self.config = world.config
        self.url = world.config.base_url
        self.issuer = world.config.issuer
        self._keys = world.keys

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """Everything it was sent: ``shipments``, ``sms``, ``email``, ``other``."""
        ledger: dict[str, list[dict[str, Any]]] = self.call("GET", "/ledger")
        return ledger

    def parcels(self) -> list[dict[str, Any]]:
        """The ledger's entries that made a parcel: accepted, and no repetition."""
        return [e for e in self.ledger()["shipments"] if e["status"] == 201 and not e.get("replay")]

    def stats(self) -> dict[str, Any]:
        """Counts of what was received, posted and given up, and the peaks under way."""
        stats: dict[str, Any] = self.call("GET", "/stats")
        return stats

    def clear(self) -> None:
        """A fresh world: no ledger, parcels, faults, nor events under way."""
        self.call("POST", "/reset")

    def faults(self, **targets: dict[str, Any] | None) -> None:
        """Orders faults: ``faults(provider={"mode": "garbled", "times": 1})``. See faults.py."""
        self.call("PUT", "/faults", json.dumps(targets).encode())

    def token(self, scope: str = "", client: str = "demo") -> str:
        """An access token by client credentials; all the client's scopes when none is named."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": self.config.demo_client_secret,
            "scope": scope,
        }
        return str(self.call("POST", "/oidc/token", urlencode(form).encode())["access_token"])

    def sign(self, typ: str = "at+jwt", **claims: Any) -> str:
        """A token of any claims, signed by the issuer's key: for tokens that must be refused.

        What is not given is as in a good token of the client ``demo``; None leaves a claim out.
        """
        now = int(time.time())
        good = {
            "iss": self.issuer,
            "aud": self.config.oidc_audience,
            "sub": "demo",
            "client_id": "demo",
            "iat": now,
            "exp": now + 3600,
            "jti": "test",
            "scope": "",
        }
        kept = {name: value for name, value in {**good, **claims}.items() if value is not None}
        return self._keys.sign(kept, typ)

    def sign_in(self, authorize_url: str, person: str = "sara") -> str:
        """Picks a person on the sign-in page; gives the address the browser is sent back to."""
        query = authorize_url.partition("?")[2]
        body = f"{query}&{urlencode({'person': person})}".encode()
        request = urllib.request.Request(f"{self.issuer}/authorize", body)
        try:
            _open(request)
        except urllib.error.HTTPError as redirect:
            with redirect:
                return redirect.headers.get("Location", "")
        return ""

    def rotate_keys(self) -> str:
        """A new signing key at the issuer; gives its name."""
        return str(self.call("POST", "/oidc/rotate")["kid"])

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        """One request to the sandbox; the JSON answered, or None. Raises on an error status."""
        request = urllib.request.Request(self.url + path, body, method=method)
        return json.loads(_open(request) or b"null")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _open(request: urllib.request.Request) -> bytes:
    # No proxies: whatever the environment says, loopback is reached directly.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    with opener.open(request, timeout=30) as answer:
        body: bytes = answer.read()
        return body


@contextmanager
def running_sandbox(**options: Any) -> Iterator[Sandbox]:
    """Runs a sandbox in a thread, for the length of the block."""
    posting = "web_url" in options
    defaults = {"events": posting, "reports": posting, "event_pause": 0.0, "retry_pause": 0.01}
    with tempfile.TemporaryDirectory() as folder:
        sock = listen(0)
        port = sock.getsockname()[1]
        config = Config(**{"var": Path(folder), **defaults, **options, "port": port})
        app = make_app(config)
        thread = _Server(app, sock)
        thread.start()
        try:
            thread.wait_until_ready()
            yield Sandbox(app[WORLD])
        finally:
            thread.stop()


class _Server(threading.Thread):
    """Serves an application on an event loop of its own."""

    def __init__(self, app: web.Application, sock: socket.socket) -> None:
        super().__init__(name="sandbox", daemon=True)
        self._app, self._sock = app, sock
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._ready = threading.Event()

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(serve(self._app, self._sock, self._ready.set, self._end))

    def wait_until_ready(self) -> None:
        """Raises TimeoutError when it does not come up."""
        if not self._ready.wait(10):
            raise TimeoutError("the sandbox did not start")

    def stop(self) -> None:
        """Ends it, and waits until it has ended."""
        if self.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self.join(10)


def wait_until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What ``condition`` gives, once it is true; raises AssertionError after the deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} seconds")
        pause.wait(0.01)
    return value
