"""B5: nginx in front of Django, as docker-compose.yml starts it, with a small server behind."""

import http.server
import json
import os
import resource
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, ClassVar

import pytest

from config.settings.base import BASE_DIR
from sandbox.testing import wait_until

pytestmark = pytest.mark.skipif(
    shutil.which("nginx", path=f"{os.environ.get('PATH')}:/usr/sbin") is None
    and not os.environ.get("CI"),
    reason="nginx is not installed",
)


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers every request with what it got."""

    protocol_version = "HTTP/1.1"

    asked: ClassVar[list[str]] = []

    def answer(self) -> None:
        """The path and the headers, as JSON."""
        self.asked.append(self.path)
        if self.headers.get("X-Break"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'self'")
        if self.path.startswith("/static/"):
            self.send_header("Cache-Control", "max-age=315360000, public, immutable")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815 - the names http.server calls

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Front:
    """A running nginx."""

    http_port: int
    https_port: int
    log: Path

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        """One request by TLS."""
        context = ssl._create_unverified_context()  # noqa: S323 - a certificate of our own, on loopback
        connection = HTTPSConnection("127.0.0.1", self.https_port, context=context, timeout=10)
        return _ask(connection, method, path, body, headers)

    def ask_plainly(
        self, path: str, headers: dict[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        """One request without TLS."""
        connection = HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        return _ask(connection, "GET", path, b"", headers)


def _ask(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str] | None = None,
) -> tuple[HTTPResponse, bytes]:
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running(tmp_path_factory.mktemp("nginx"), "client_header_timeout 1s") as nginx:
        yield nginx


@contextmanager
def running(folder: Path, header_timeout: str = "client_header_timeout 10s") -> Iterator[Front]:
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    ports = _free_ports(2)
    _write_configuration(folder, upstream.server_port, ports, header_timeout)
    log = folder / "log"
    with log.open("w") as output:
        more = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
        words = ["nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr", "-g", more]
        path = f"{os.environ['PATH']}:/usr/sbin"
        nginx = subprocess.Popen(words, stdout=output, stderr=output, env={"PATH": path})
    try:
        wait_until(lambda: nginx.poll() is not None or _listens(ports[0]))
        assert nginx.poll() is None, log.read_text()
        yield Front(ports[0], ports[1], log)
    finally:
        nginx.terminate()
        nginx.wait(10)
        upstream.shutdown()
        upstream.server_close()


def _write_configuration(
    folder: Path, upstream: int, ports: list[int], header_timeout: str
) -> None:
    subprocess.run([BASE_DIR / "scripts" / "certificate", folder], check=True)
    values = {
        "UPSTREAM": f"127.0.0.1:{upstream}",
        "SERVER_NAME": "dosette.example",
        "HTTP_PORT": str(ports[0]),
        "HTTPS_PORT": str(ports[1]),
        "CERTIFICATES": str(folder),
        "CACHE": str(folder / "cache"),
    }
    text = (BASE_DIR / "nginx" / "templates" / "default.conf.template").read_text()
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    text = text.replace("client_header_timeout 10s", header_timeout)
    (folder / "default.conf").write_text(text.replace("/dev/stdout", str(folder / "access")))
    text = (BASE_DIR / "nginx" / "nginx.conf").read_text()
    text = text.replace("/tmp/", f"{folder}/")  # noqa: S108 - of the container
    text = text.replace("/etc/nginx/conf.d/*.conf", f"{folder}/default.conf")
    (folder / "nginx.conf").write_text(text)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_plain_http_is_sent_to_https(front: Front) -> None:
    answer, _ = front.ask_plainly("/admin/?next=/")
    assert answer.status == 308
    assert answer.headers["Location"] == "https://dosette.example/admin/?next=/"
    assert front.ask_plainly("/nginx-health")[1] == b"ok\n"


def test_django_hears_who_asked_and_how(front: Front) -> None:
    answer, body = front.ask("GET", "/api/v1/orders/?page_size=2")
    heard = json.loads(body)
    assert heard["path"] == "/api/v1/orders/?page_size=2"
    assert heard["headers"]["X-Forwarded-Proto"] == "https"
    assert heard["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert len(heard["headers"]["X-Request-ID"]) == 32
    assert answer.headers.get_all("X-Request-ID") == [heard["headers"]["X-Request-ID"]]
    assert answer.headers.get_all("Content-Security-Policy") == ["default-src 'self'"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_request_id_from_outside_is_not_believed(front: Front) -> None:
    _, body = front.ask("GET", "/api/v1/orders/", headers={"X-Request-ID": "forged\tline"})
    assert "forged" not in json.loads(body)["headers"]["X-Request-ID"]


def test_nginxs_own_answers_allow_a_browser_nothing(front: Front) -> None:
    answer, _ = front.ask("GET", "/metrics")
    assert answer.headers.get_all("Content-Security-Policy") == [
        "default-src 'none'; frame-ancestors 'none'"
    ]
    assert answer.headers["Server"] == "nginx"


def test_static_files_are_kept_and_django_is_asked_once(front: Front) -> None:
    for _ in range(3):
        assert front.ask("GET", "/static/desk/favicon.0123.svg")[0].status == 200
    assert Upstream.asked.count("/static/desk/favicon.0123.svg") == 1


def test_answers_of_the_api_are_never_kept(front: Front) -> None:
    for _ in range(2):
        front.ask("GET", "/api/v1/patients/1/")
    assert Upstream.asked.count("/api/v1/patients/1/") == 2


def test_a_flood_of_webhooks_is_slowed_down_and_nothing_else_is(front: Front) -> None:
    path = "/api/v1/webhooks/shipping/flood/"
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: front.ask("POST", path)[0].status, range(500)))
    assert 200 < statuses.count(200) < 450
    assert set(statuses) == {200, 429}
    assert front.ask("GET", "/api/v1/orders/")[0].status == 200


def test_a_client_that_says_nothing_more_is_let_go(front: Front) -> None:
    with socket.create_connection(("127.0.0.1", front.http_port), timeout=15) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert client.recv(100) == b""


def test_figures_and_readiness_are_not_for_the_outside(front: Front) -> None:
    assert front.ask("GET", "/metrics")[0].status == 404
    assert front.ask("GET", "/readyz")[0].status == 404
    assert front.ask("GET", "/livez")[0].status == 200


def test_the_name_that_a_caller_gives_leads_nowhere(front: Front) -> None:
    answer, _ = front.ask_plainly("/admin/", {"Host": "evil.example"})
    assert answer.headers["Location"] == "https://dosette.example/admin/"


def test_a_body_may_be_so_long_and_not_longer(front: Front) -> None:
    assert front.ask("POST", "/api/v1/orders/", b"x" * 1_048_576)[0].status == 200
    assert front.ask("POST", "/api/v1/orders/", b"x" * 1_048_577)[0].status == 413
    assert front.ask("POST", "/api/v1/webhooks/shipping/reference/", b"x" * 65_537)[0].status == 413
    assert front.ask("POST", "/admin/clinical/import/", b"x" * 2_000_000)[0].status == 200


def test_a_flood_of_sign_ins_is_slowed_down(front: Front) -> None:
    statuses = [front.ask("POST", "/admin/login/")[0].status for _ in range(30)]
    assert statuses[0] == 200
    assert 429 in statuses
    assert front.ask("GET", "/api/v1/orders/")[0].status == 200


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/", "/oidc/authenticate/"])
def test_what_is_dear_for_strangers_is_slowed_down(front: Front, path: str) -> None:
    statuses = [front.ask("GET", path)[0].status for _ in range(40)]
    assert 429 in statuses
    assert front.ask("GET", "/api/v1/orders/")[0].status == 200


def test_no_error_of_nginx_quotes_what_was_asked(front: Front) -> None:
    """A body that is too long or kept in a file, a limit, a host that is gone, a broken request."""
    canary, headers = "zqcanary", {"Referer": "https://dosette.example/?q=zqcanary"}
    front.ask("POST", f"/api/v1/orders/?q={canary}", b"x" * 1_100_000, headers)
    front.ask("POST", f"/api/v1/orders/?q={canary}", b"x" * 100_000, headers)
    for _ in range(40):
        front.ask("POST", f"/admin/login/?next=/admin/?q={canary}", b"", headers)
    front.ask("GET", f"/api/v1/slow/?q={canary}", b"", {**headers, "X-Break": "off"})
    front.ask("GET", f"/%ZZ{canary}", b"", headers)
    front.ask("GET", f"/?{canary}", b"", {"X-Long": "x" * 40_000})
    everything = (front.log.parent / "access").read_text() + front.log.read_text()
    assert canary not in everything
    assert "127.0.0.1" not in front.log.read_text()


def test_neither_queries_nor_secrets_are_logged(front: Front) -> None:
    front.ask("POST", "/api/v1/webhooks/africastalking/s3cr3t/delivery/?phone=447700900123")
    access = front.log.parent / "access"
    front.ask("GET", "/stop/7.email.abc~s3cr3t/")
    front.ask("POST", "//stop/7.email.abc~s3cr3t/")
    front.ask("POST", "/stop/7.email.abc~s3cr3t/", b"x" * 1_100_000)
    front.ask_plainly("/%73top/7.email.abc~s3cr3t/")
    front.ask("POST", "/address/1-2-s3cr3t/")
    front.ask("POST", "/address/1-2-s3cr3t/", b"x" * 66_000)
    wait_until(lambda: access.read_text().count("/stop/-") == 4)
    wait_until(lambda: access.read_text().count("/address/-") == 2)
    everything = access.read_text() + front.log.read_text()
    assert "s3cr3t" not in everything
    assert "447700900123" not in everything


def test_one_address_may_ask_a_hundred_things_at_a_time(front: Front) -> None:
    """Half a body each: nginx waits for the rest, and nobody else does."""
    context = ssl._create_unverified_context()  # noqa: S323 - a certificate of our own, on loopback
    with ExitStack() as stack:
        for _ in range(100):
            client = socket.create_connection(("127.0.0.1", front.https_port), timeout=10)
            client = stack.enter_context(context.wrap_socket(client))
            client.sendall(
                b"POST /x HTTP/1.1\r\nHost: dosette.example\r\nContent-Length: 9\r\n\r\n{"
            )
        wait_until(lambda: front.ask("GET", "/")[0].status == 429)
    wait_until(lambda: front.ask("GET", "/")[0].status == 200)


def test_two_thousand_that_send_half_a_head_keep_nobody_out(tmp_path: Path) -> None:
    """Each of nginx's two workers takes 4,096 connections: one address may fill both, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    with running(tmp_path) as front, ExitStack() as stack:
        for _ in range(2000):
            address = ("127.0.0.1", front.http_port)
            client = stack.enter_context(socket.create_connection(address, timeout=10))
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        begun = time.monotonic()
        assert all(front.ask("GET", "/")[0].status == 200 for _ in range(10))
        assert time.monotonic() - begun < 5, "they have 10 s for the rest"
