"""Dosette at an issuer that other people wrote (.ci/issuer.py): sign-in, tokens, rotation, outage.

Usage: REDIS_URL=… .venv/bin/python .ci/door.py [--minute]. Ends with status 1 and a sentence
when something is not as it should be. The processes share the issuer's keys in Redis. `--minute`
leaves the times as they are in production, and the issuer is away for a real minute; else all of
it is five times shorter.
"""

import argparse
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from drive import ROOT, _free_pair, _processes_of, wait_for
from playwright.sync_api import Page, sync_playwright

SECRET = "a-secret-between-two-on-loopback"  # noqa: S105 - opens nothing real
CALLERS = 6


class Issuer:
    """The other side, as a process that can be hung, killed and started again."""

    def __init__(self, port: int, web: str, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "issuer.log"
        arguments = [sys.executable, ".ci/issuer.py", str(port), "--secret", SECRET]
        self.arguments = [
            *arguments,
            "--redirect",
            f"{web}/oidc/callback/",
            "--keys",
            f"{folder}/keys.json",
        ]
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.arguments, cwd=ROOT, stdout=log, stderr=log)
        wait_for("the issuer answers", lambda: _answers(f"{self.url}/jwks"), 20)

    def signal(self, number: int) -> None:
        """SIGSTOP lets it hang, SIGCONT go on, SIGKILL end."""
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def rotate(self) -> str:
        """A new key signs from now on."""
        return str(requests.post(f"{self.url}/rotate", timeout=5).json()["kid"])

    def token(self, scope: str = "orders:read customers:read") -> str:
        """A client-credentials token of the program `demo`."""
        form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": SECRET}
        answer = requests.post(f"{self.url}/token", data=form | {"scope": scope}, timeout=5)
        return str(answer.json()["access_token"])

    def fetches(self) -> int:
        """How often its keys were asked for."""
        return self.log.read_text().count("GET /jwks ")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


class Traffic:
    """Callers who ask without a pause, always with the newest token, and what they were told."""

    def __init__(self, web: str, token: str) -> None:
        self.web, self.token = web, token
        self.answers: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]

    def _call(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                began = time.monotonic()
                headers = {"Authorization": f"Bearer {self.token}"}
                answer = session.get(
                    f"{self.web}/api/v1/products/?page_size=1", headers=headers, timeout=30
                )
                self.answers[_summary(answer)] += 1
                self.seconds.append(time.monotonic() - began)

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def report(self, during: str) -> None:
        """Print what happened; end the run when one of them was refused."""
        slow = statistics.quantiles(self.seconds, n=100)
        times = f"p50 {slow[49] * 1000:.0f} ms, p99 {slow[98] * 1000:.0f} ms"
        worst = f"longest {max(self.seconds) * 1000:.0f} ms"
        print(f"{during}: {dict(self.answers)}, {times}, {worst}", flush=True)
        if set(self.answers) != {"200"}:
            sys.exit(f"{during}: a valid request was refused")


def _summary(answer: requests.Response) -> str:
    if answer.ok:
        return str(answer.status_code)
    return f"{answer.status_code} {answer.headers.get('WWW-Authenticate', answer.text)[:200]}"


@contextmanager
def dosette(port: int, folder: Path, issuer: str, *, quick: bool) -> Iterator[str]:
    """The web process on a fresh database; its address."""
    environment = os.environ | {
        "PORT": str(port),
        "DOSETTE_VAR": str(folder),
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": "dosette-admin",
        "OIDC_CLIENT_SECRET": SECRET,
        "OIDC_STRICT_TOKEN_TYPE": "true",
        "PYTHONPATH": f"{ROOT}",
    }
    for command in (["migrate", "--verbosity", "0"], ["load_demo"]):
        arguments = [sys.executable, "manage.py", *command]
        subprocess.run(
            arguments, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=120
        )
    settings = ".ci/quick_keys.py" if quick else "config/gunicorn.py"
    with (folder / "web.log").open("w") as log:
        arguments = [sys.executable, "-m", "gunicorn", "-c", settings]
        web = subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for("Dosette answers", lambda: _answers(f"{url}/livez"), 30)
        yield url
    finally:
        web.terminate()
        web.wait(30)


def staff_sign_in(web: str, issuer: Issuer) -> None:
    """Two clicks into the admin in a real Chromium, with the issuer's role, and out of both."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        _click_through(page, web, "Ines Independent")
        page.wait_for_url(f"{web}/admin/")
        seen = requests.get(f"{issuer.url}/seen", timeout=5).json()
        if seen["pkce"] != ["S256"]:
            sys.exit(f"The sign-in used no PKCE: {seen}")
        if _status(page, f"{web}/admin/orders/order/") != 200:
            sys.exit("Support does not see orders.")
        if _status(page, f"{web}/admin/clinical/patient/") != 403:
            sys.exit("Support sees patients.")
        page.goto(f"{web}/admin/")
        page.evaluate("document.querySelector('#logout-form').submit()")
        page.wait_for_url(f"{web}/admin/login/**")
        if "id_token_hint" not in issuer.log.read_text():
            sys.exit("The sign-out did not reach the issuer.")
        _click_through(page, web, "Nils Nobody")
        page.get_by_text("You are not on the staff's list").wait_for()
        browser.close()
    print(
        "staff sign-in: in by code flow with PKCE, role given, out at the issuer, stranger refused"
    )


def _status(page: Page, url: str) -> int:
    answer = page.goto(url)
    return answer.status if answer else 0


def _click_through(page: Page, web: str, person: str) -> None:
    page.goto(f"{web}/admin/")
    page.get_by_text("Sign in with your work account").click()
    page.get_by_role("button", name=person).click()


def rotation(web: str, issuer: Issuer, pause: float) -> None:
    """Four new keys while requests flow, each used the moment it exists."""
    with Traffic(web, issuer.token()) as traffic:
        for _ in range(4):
            time.sleep(pause)
            issuer.rotate()
            traffic.token = issuer.token()
        time.sleep(pause)
    traffic.report("four rotations")


def outage(web: str, issuer: Issuer, seconds: float) -> None:
    """The issuer hangs, then is gone, while requests flow and somebody floods with bogus keys."""
    before, token = issuer.fetches(), issuer.token()
    stop = threading.Event()
    bogus: Counter[int] = Counter()
    flood = threading.Thread(target=_flood, args=(web, issuer.url, stop, bogus))
    with Traffic(web, token) as traffic:
        flood.start()
        issuer.signal(signal.SIGSTOP)
        time.sleep(seconds / 2)
        issuer.signal(signal.SIGKILL)
        time.sleep(seconds / 2)
        issuer.start()
        time.sleep(1)
        stop.set()
        flood.join()
        traffic.token = issuer.token()
        time.sleep(0.5)
    traffic.report(f"{seconds:.0f} s without an issuer")
    print(f"flood meanwhile: {dict(bogus)}; keys fetched {issuer.fetches() - before} times")
    if 200 in bogus or 500 in bogus:
        sys.exit("A token of a bogus key was let in, or broke something.")


def _flood(web: str, issuer: str, stop: threading.Event, answers: Counter[int]) -> None:
    """Well-formed tokens under key ids that the issuer never had."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = int(time.time())
    claims = {"iss": issuer, "sub": "demo", "aud": "dosette", "iat": now, "exp": now + 900}
    with requests.Session() as session:
        while not stop.is_set():
            header = {"typ": "at+jwt", "kid": f"bogus-{sum(answers.values())}"}
            token = jwt.encode(claims, key, "RS256", header)
            headers = {"Authorization": f"Bearer {token}"}
            answer = session.get(f"{web}/api/v1/products/", headers=headers, timeout=30)
            answers[answer.status_code] += 1


def _port_that_stays_free() -> int:
    """Below those that the system hands out, so that nobody takes it while the issuer is away."""
    for port in random.sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    sys.exit("There is no free port.")


def main() -> None:
    """The whole show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minute", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dosette-door-")))
        port = _free_pair()
        issuer = Issuer(_port_that_stays_free(), f"http://127.0.0.1:{port}", folder)
        stack.callback(issuer.process.kill)
        try:
            with dosette(port, folder, issuer.url, quick=not options.minute) as web:
                staff_sign_in(web, issuer)
                rotation(web, issuer, 6.0 if options.minute else 1.5)
                outage(web, issuer, 60.0 if options.minute else 12.0)
            if "Traceback" in (log_text := (folder / "web.log").read_text()):
                sys.exit(f"There is a traceback in the log:\n{log_text[-3000:]}")
        except BaseException:
            print((folder / "web.log").read_text()[-3000:])
            raise
        finally:
            issuer.process.kill()
            for pid in _processes_of(str(folder)):
                os.kill(pid, signal.SIGTERM)
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
