"""Starts Dosette as a person would (`make run`), orders something, tests the API, stops it again.

Usage: .venv/bin/python .ci/drive.py [--schemathesis | --cases]. Ends with status 1 and a sentence
when something is not as it should be.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 60
STOPPED_WITHIN = 15
DONE_WITHIN = 40
REFUSALS = [400, 401, 403, 404, 405, 406, 409, 410, 412, 415, 422, 428, 429, "5xx"]


class Drive:
    """A running Dosette and how to talk to it."""

    def __init__(self, port: int, environment: dict[str, str]) -> None:
        self.web = f"http://127.0.0.1:{port}"
        self.sandbox = f"http://127.0.0.1:{port + 1}"
        self.environment = environment
        self.token = ""

    def fetch_token(self) -> None:
        """`make token`, as the README says."""
        command = ["make", "--silent", "token"]
        self.token = subprocess.check_output(command, cwd=ROOT, env=self.environment, text=True)
        self.token = self.token.strip()

    def api(self, method: str, path: str, **body: Any) -> Any:
        """The JSON of an API call; raises on an error status."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            headers["Idempotency-Key"] = os.urandom(8).hex()
        url = f"{self.web}/api/v1/{path}"
        answer = requests.request(method, url, json=body or None, headers=headers, timeout=10)
        if not answer.ok:
            sys.exit(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def ledger(self) -> dict[str, list[Any]]:
        """Everything the sandbox was sent."""
        entries: dict[str, list[Any]] = requests.get(f"{self.sandbox}/ledger", timeout=10).json()
        return entries


def wait_for(what: str, condition: Callable[[], Any], seconds: float) -> Any:
    """What the condition gives once it is true; ends the drive after the deadline."""
    started = time.monotonic()
    while time.monotonic() < started + seconds:
        if value := condition():
            print(f"{what}: {time.monotonic() - started:.1f} s", flush=True)
            return value
        time.sleep(0.2)
    return sys.exit(f"{what}: not within {seconds} seconds")


@contextmanager
def running(**more: str) -> Iterator[Drive]:
    """`make run` with a folder and ports of its own; checks that nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="dosette-drive-") as var:
        port = _free_pair()
        environment = (
            os.environ | {"PORT": str(port), "DOSETTE_VAR": var, "RATE_ADDRESS": ""} | more
        )
        log = Path(var) / "run.log"
        with log.open("w") as output:
            command = ["make", "run"]
            run = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        drive = Drive(port, environment)
        try:
            wait_for("ready", lambda: _is_ready(drive, run), READY_WITHIN)
            yield drive
        except BaseException:
            print("\n".join(log.read_text().splitlines()[-40:]))
            raise
        finally:
            _stop(run, var)


def _is_ready(drive: Drive, run: subprocess.Popen[bytes]) -> bool:
    if run.poll() is not None:
        sys.exit("make run ended before it was ready")
    try:
        return requests.get(f"{drive.web}/readyz", timeout=5).ok and bool(drive.ledger())
    except requests.ConnectionError:
        return False


def _stop(run: subprocess.Popen[bytes], var: str) -> None:
    run.send_signal(signal.SIGTERM)
    try:
        wait_for("stopped", lambda: run.poll() is not None, STOPPED_WITHIN)
        if left := _processes_of(var):
            sys.exit(f"still there after the stop: {left}")
    finally:
        for pid in _processes_of(var):
            os.kill(pid, signal.SIGKILL)


def _processes_of(var: str) -> dict[int, str]:
    """Processes that have this folder in their environment or command line, by number."""
    processes = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            known = command + (folder / "environ").read_bytes()
        except OSError:
            continue
        if var.encode() in known and int(folder.name) != os.getpid():
            processes[int(folder.name)] = command.replace(b"\0", b" ").decode()
    return processes


def _free_pair() -> int:
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except (OSError, OverflowError):
                continue
            return port


def order_something(drive: Drive) -> None:
    """From the order to the parcel that is delivered, and the customer who knows of it."""
    customer = next(c for c in drive.api("GET", "customers/")["results"] if c["phone_number"])
    address = {
        "recipient": "John Doe",
        "line_1": "179 Harrow Road",
        "line_2": "",
        "city": "London",
        "postcode": "W2 6NB",
        "country": "GB",
    }
    item = drive.api("GET", "products/?kind=treatment")["results"][0]["item_id"]
    order = drive.api(
        "POST",
        "orders/",
        customer=customer["id"],
        items=[{"item_id": item, "quantity": 2}],
        delivery_service="express",
        delivery_address=address,
    )
    number = order["number"]
    wait_for(
        "the provider has the order",
        lambda: any(number in json.dumps(entry) for entry in drive.ledger()["shipments"]),
        DONE_WITHIN,
    )
    wait_for("the customer has a message", lambda: _was_notified(drive, customer), DONE_WITHIN)
    wait_for("the parcel's events are back", lambda: _is_moving(drive, order["id"]), DONE_WITHIN)


def _was_notified(drive: Drive, customer: dict[str, Any]) -> bool:
    ledger = drive.ledger()
    addresses = {customer["phone_number"], customer["email"]} - {""}
    return any(entry.get("recipient") in addresses for entry in ledger["sms"] + ledger["email"])


def _is_moving(drive: Drive, order: int) -> bool:
    shipment = drive.api("GET", f"orders/{order}/shipments/")["results"][0]
    return shipment["status"] in ("in-transit", "delivered", "failed-to-deliver")


def has_an_honest_schema(drive: Drive) -> bool:
    """Schemathesis: no 5xx, no answer that the OpenAPI document does not describe, and nothing
    taken that it forbids. The reverse is not asked: a schema cannot say that a customer exists.
    """
    folder = Path(drive.environment["DOSETTE_VAR"])
    secret = json.loads((folder / "secrets.json").read_text())["AFRICAS_TALKING_CALLBACK_TOKEN"]
    config = folder / "schemathesis.toml"
    hooks = ROOT / ".ci" / "schemathesis_hooks.py"
    config.write_text(
        f'hooks = "{hooks}"\n'
        f'[parameters]\n"path.token" = "{secret}"\n"path.provider" = "reference"\n'
        # 412: who has not read the newest record need not be told what else is wrong.
        f"[checks.negative_data_rejection]\nexpected-statuses = {REFUSALS}\n"
    )
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"{drive.web}/api/schema/"),
        *("--header", f"Authorization: Bearer {drive.token}"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "20"),
        *("--exclude-checks", "positive_data_acceptance", "--workers", "1"),
        *("--generation-deterministic", "--request-timeout", "20", "--no-color"),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def cases_hold() -> bool:
    """The faults from real life, each with the answer it gets; the carriers' events are theirs."""
    with running(SANDBOX_EVENTS="off") as drive:
        command = [sys.executable, "-m", "tests.cases", drive.environment["PORT"]]
        return subprocess.run(command, cwd=ROOT, env=drive.environment, check=False).returncode == 0


def main() -> None:
    """The whole drive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schemathesis", action="store_true", help="test the API's schema, too")
    parser.add_argument("--cases", action="store_true", help="the cases of tests/cases alone")
    options = parser.parse_args()
    if options.cases:
        sys.exit(0 if cases_hold() else "a case fails")
    with running() as drive:
        drive.fetch_token()
        order_something(drive)
        honest = not options.schemathesis or has_an_honest_schema(drive)
    if not honest:
        sys.exit("schemathesis found something")


if __name__ == "__main__":
    main()
