"""Programs that run as one stop as one, and leave nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.testing import wait_until

RUN = """
import json, sys
from devserver.process_group import Program, Supervisor
programs = [Program(name, ["sh", "-c", script]) for name, script in json.loads(sys.argv[1])]
sys.exit(Supervisor(programs, grace=1.0).run(lambda: True, lambda: "all is ready"))
"""
ROOT = Path(__file__).resolve().parents[2]
# Without what `make test` tells its children: a make below would take part in its work.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
ENVIRONMENT["PYTHONPATH"] = str(ROOT)
Run = subprocess.Popen[str]


def command(**scripts: str) -> list[str]:
    return [sys.executable, "-c", RUN, json.dumps(list(scripts.items()))]


@pytest.fixture
def start() -> Iterator[Callable[..., Run]]:
    """Starts a supervisor over shell scripts."""
    started: list[Run] = []

    def run(*words: str, cwd: Path = ROOT) -> Run:
        supervisor = subprocess.Popen(
            words,
            cwd=cwd,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A shell without a terminal lets its children ignore Ctrl-C, and so this suite.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.append(supervisor)
        return supervisor

    yield run
    for supervisor in started:
        supervisor.kill()
        supervisor.communicate()


def said(pid_file: Path) -> int:
    """The process id a script wrote down."""
    return int(wait_until(lambda: pid_file.exists() and pid_file.read_text().strip()))


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_each_line_says_who_said_it_and_readiness_is_announced(start: Callable[..., Run]) -> None:
    run = start(*command(web="echo hello; echo; exec sleep 60", worker="exec sleep 60"))
    assert run.stdout
    lines = {run.stdout.readline(), run.stdout.readline()}
    assert lines == {"web    | hello\n", "all is ready\n"}


def test_a_stop_that_was_asked_for_is_no_failure(start: Callable[..., Run], tmp_path: Path) -> None:
    run = start(*command(web=f"echo $$ > {tmp_path}/pid; exec sleep 60"))
    pid = said(tmp_path / "pid")
    run.terminate()
    assert run.wait(10) == 0
    assert is_gone(pid)


def test_a_program_that_ends_is_named_and_ends_all(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    run = start(*command(web=f"echo $$ > {tmp_path}/pid; exec sleep 60", beat="sleep 0.3; exit 3"))
    pid = said(tmp_path / "pid")
    output, _ = run.communicate(timeout=10)
    assert run.returncode == 1
    assert "“beat” ended with status 3. Stopping everything." in output
    assert is_gone(pid)


def test_what_a_stubborn_program_has_started_is_killed(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    stubborn = f"trap '' TERM; sleep 60 & echo $! > {tmp_path}/pid; wait"
    run = start(*command(web=stubborn, sandbox="exec sleep 60"))
    pid = said(tmp_path / "pid")
    run.terminate()
    assert run.wait(10) == 0
    wait_until(lambda: is_gone(pid))


def test_a_reader_who_does_not_read_holds_nobody_up(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    run = start(*command(web=f"yes | head -c 3000000; touch {tmp_path}/done; exec sleep 60"))
    wait_until((tmp_path / "done").exists)
    run.terminate()
    assert run.wait(10) == 0


@pytest.mark.parametrize("to_group", [True, False], ids=["Ctrl-C", "SIGTERM to make alone"])
def test_it_stops_with_the_make_that_ran_it(
    start: Callable[..., Run], tmp_path: Path, to_group: bool
) -> None:
    words = command(web=f"echo $$ > {tmp_path}/pid; exec sleep 60")
    (tmp_path / "words.py").write_text(f"import os; os.execv({words[0]!r}, {words!r})")
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} words.py\n")
    make = start("make", "run", cwd=tmp_path)
    pid = said(tmp_path / "pid")
    assert make.stdout
    assert make.stdout.readline() == "all is ready\n"
    if to_group:
        os.killpg(make.pid, signal.SIGINT)
    else:
        make.terminate()
    wait_until(lambda: is_gone(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_programs_do_not_outlive_a_supervisor_that_was_killed(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    run = start(*command(web=f"echo $$ > {tmp_path}/pid; exec sleep 60"))
    pid = said(tmp_path / "pid")
    run.kill()
    wait_until(lambda: is_gone(pid))
