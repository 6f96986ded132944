"""Work in a process of its own, of either side: how long it took and what it cost."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench import databases, measure, world
from bench.report import Figure

LOOK = 0.02  # seconds between two looks at a process
TIMED = """
import json, os, time, django
django.setup()
from django.db import connection
from bench.measure import cpu, statements
connection.ensure_connection()
session = connection.connection.get_backend_pid()
def cost():
    now = time.perf_counter(), 1000 * time.process_time()
    return *now, cpu(session), statements(os.getpid())
{setup}
before = cost()
done = {work}
print(json.dumps([done, *(after - start for after, start in zip(cost(), before))]))
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that has ended: seconds with its start, megabytes at most, CPU in milliseconds.

    The kernel's own figure of the most memory begins with that of the process that started it,
    and we are large: so it is looked up while it runs.
    """

    seconds: float
    peak: float
    python: float
    postgres: float
    statements: float
    output: str = ""

    def by(self, count: float) -> Figure:
        """Rows a second, and what each row cost."""
        return Figure(
            count / self.seconds,
            statements=self.statements / count,
            python=self.python / count,
            postgres=self.postgres / count,
        )


def run(side: str, *commands: Sequence[str]) -> Ran:
    """Run some programs side by side, each `python …`; raises RuntimeError when one fails."""
    start = time.perf_counter()
    processes = [_started(side, command) for command in commands]
    usages, outputs, peaks = [], [""] * len(processes), [0.0]

    def read(number: int) -> None:
        stream = processes[number].stdout
        outputs[number] = stream.read() if stream else ""

    readers = [threading.Thread(target=read, args=(n,)) for n in range(len(processes))]
    with measure.cost(f"bench-{side}", list, databases.url()) as cost:
        for reader in readers:
            reader.start()
        for process in processes:
            ended = 0
            while not ended:
                time.sleep(LOOK)
                peaks += (measure.peak(other.pid) for other in processes)
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            process.returncode = os.waitstatus_to_exitcode(status)
            usages.append(usage)
        seconds = time.perf_counter() - start
        for reader in readers:
            reader.join()
    if any(process.returncode for process in processes):
        raise RuntimeError(f"{commands[0]} failed")
    return Ran(
        seconds,
        peak=max(peaks),
        python=1000 * sum(usage.ru_utime + usage.ru_stime for usage in usages),
        postgres=cost.postgres,
        statements=sum(measure.statements(process.pid) for process in processes),
        output=outputs[0],
    )


def _started(side: str, command: Sequence[str]) -> subprocess.Popen[str]:
    command, environment = [sys.executable, *command], world.environment(side)
    return subprocess.Popen(
        command, cwd=world.ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


def timed(side: str, setup: str, work: str) -> tuple[float, Ran]:
    """Run an expression after `setup`: its number, and what it alone took and cost."""
    ran = run(side, ["-c", TIMED.format(setup=setup, work=work)])
    done, seconds, *costs = json.loads(ran.output.splitlines()[-1])
    return done, Ran(seconds, ran.peak, *costs)
