"""``python -m sandbox``: refuses plainly, listens on loopback only, logs little, stops cleanly."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from sandbox.config import SECRETS, Config
from sandbox.testing import wait_until

ROOT = Path(__file__).parents[2]


def environment(**changes):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    secrets = {name.upper(): str(getattr(Config(), name)) for name in SECRETS}
    merged = {**kept, **secrets, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def command(*arguments):
    return [sys.executable, "-m", "sandbox", *map(str, arguments)]


def refusal(tmp_path, *arguments, **changes):
    done = subprocess.run(
        command("--var", tmp_path, "--port", free_port(), *arguments),
        cwd=ROOT,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def process(tmp_path, *arguments):
    port = free_port()
    started = subprocess.Popen(
        command("--port", port, "--var", tmp_path, "--web-url", "http://127.0.0.1:1", *arguments),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert started.stdout
        assert "listens on" in started.stdout.readline()
        yield started, f"http://127.0.0.1:{port}"
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("name", [name.upper() for name in SECRETS])
def test_a_missing_variable_is_named_and_the_status_is_2(tmp_path, name):
    status, said = refusal(tmp_path, **{name: None})
    assert status == 2
    assert name in said


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_%%%"])
def test_a_signing_secret_of_the_wrong_form_is_refused(tmp_path, secret):
    status, said = refusal(tmp_path, REFERENCE_PROVIDER_SECRET=secret)
    assert status == 2
    assert "REFERENCE_PROVIDER_SECRET" in said
    assert secret not in said or secret == "whsec_"


def test_a_secret_of_somebodys_own_is_no_reason_to_refuse():
    ours = environment() | {"REFERENCE_PROVIDER_SECRET": "their own, an older one"}
    config = Config.from_environment(ours)
    assert config.reference_provider_secret == "their own"


@pytest.mark.parametrize(
    "setting",
    [{"DJANGO_SETTINGS_MODULE": "config.settings.production"}, {"DOSETTE_ENV": "production"}],
)
def test_it_refuses_production(tmp_path, setting):
    status, said = refusal(tmp_path, **setting)
    assert status == 2
    assert "production" in said


def test_a_time_zone_that_does_not_exist_is_refused(tmp_path):
    status, said = refusal(tmp_path, "--zone", "Europe/Londn")
    assert status == 2
    assert "Europe/Londn" in said


def test_a_port_in_use_is_said_plainly(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        status, said = refusal(tmp_path, "--port", other.getsockname()[1])
    assert status == 2
    assert "cannot listen" in said


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_even_with_requests_and_posts_under_way(tmp_path, name, ship):
    with process(tmp_path, "--event-pause", 0) as (started, url):
        fault = {"gateways": {"mode": "timeout_after_accept"}}
        requests.put(f"{url}/faults", json=fault, timeout=10)
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as hanging:
            hanging.sendall(b"POST /gateways/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            wait_until(lambda: requests.get(f"{url}/ledger", timeout=10).json()["sms"])
            started.send_signal(name)
            out, err = started.communicate(timeout=10)
        assert started.returncode == 0
        assert "Traceback" not in err + out


def test_it_listens_on_loopback_only(tmp_path):
    with process(tmp_path) as (_, url):
        port = int(url.rpartition(":")[2])
        with socket.create_server(("127.0.0.2", port)):
            pass  # nobody holds the port of another address


def test_log_lines_hold_method_path_and_status_only(tmp_path):
    with process(tmp_path, "--no-events") as (started, url):
        requests.post(f"{url}/gateways/sms?name=John", json={"recipient": "+4470"}, timeout=10)
        requests.get(f"{url}/patients/John%0aDoe", timeout=10)
        started.send_signal(signal.SIGTERM)
        _, err = started.communicate(timeout=10)
    assert err.splitlines() == [
        "sandbox POST /gateways/sms 401",
        "sandbox GET (no such address) 404",
    ]


def test_quiet_says_nothing(tmp_path):
    with process(tmp_path, "--quiet") as (started, url):
        requests.get(f"{url}/ledger", timeout=10)
        started.send_signal(signal.SIGTERM)
        out, err = started.communicate(timeout=10)
    assert (out, err) == ("", "")
