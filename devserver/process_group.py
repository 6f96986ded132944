"""Runs several programs as one: their output in one stream, one stop for all, nothing left over."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

GRACE = 7.0  # seconds between the request to stop and the kill
TICK = 0.1
BACKLOG = 2**20  # bytes of output kept for a reader that does not read
PIPE_ATOMIC = 4096  # POSIX: select says "writable" only if this much fits
COLOURS = (36, 33, 32, 35, 34, 31)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


@dataclass
class Program:
    """One program to run: its name in the output, and its command."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A program that runs, in a session of its own: Ctrl-C reaches it only through us."""

    def __init__(self, program: Program, prefix: str) -> None:
        self.name = program.name
        self._prefix = prefix.encode()
        self._rest = b""
        self.process = subprocess.Popen(  # noqa: S603 - our own programs
            program.command,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        self.output = self.process.stdout
        assert self.output  # noqa: S101 - it is a pipe: for the type checker
        os.set_blocking(self.output.fileno(), False)

    def read(self) -> bytes:
        """What it said since, as whole lines with its prefix."""
        if self.output is None:
            return b""
        chunk = self.output.read(65536)
        if chunk is None:
            return b""
        if not chunk:  # its end
            self.output, chunk, self._rest = None, self._rest, b""
        else:
            chunk, self._rest = (self._rest + chunk).rpartition(b"\n")[::2]
        return b"".join(self._prefix + line + b"\n" for line in chunk.splitlines() if line.strip())

    def signal(self, number: int) -> None:
        """Send a signal to the program; a kill goes to everything it has started, too."""
        try:
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            elif self.process.poll() is None:
                self.process.send_signal(number)
        except ProcessLookupError:
            pass


class Supervisor:
    """Runs programs until one ends or somebody says stop."""

    def __init__(self, programs: Sequence[Program], grace: float = GRACE) -> None:
        self._programs = programs
        self._grace = grace
        self._children: list[Child] = []
        self._backlog = b""
        self._asked: float | None = None
        self._width = max(len(program.name) for program in programs)

    def run(self, ready: Callable[[], bool], announce: Callable[[], str]) -> int:
        """Run all of them; the exit status: 0 after a stop that was asked for, else 1.

        As soon as `ready()` holds, the text of `announce()` is shown.
        """
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            for program in self._programs:
                self._start(program)
            return self._watch(ready, announce)
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def show(self, text: str) -> None:
        """Show a text of our own."""
        self._backlog += text.encode() + b"\n"
        self._write()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked is None:
            self._asked = time.monotonic()
        # One Ctrl-C may arrive twice, from the terminal and from make.
        elif time.monotonic() - self._asked > 1:
            for child in self._children:
                child.signal(signal.SIGKILL)

    def _start(self, program: Program) -> None:
        colour = COLOURS[len(self._children) % len(COLOURS)]
        prefix = f"{program.name:{self._width}} | "
        if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
            prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
        self._children.append(Child(program, prefix))

    def _watch(self, ready: Callable[[], bool], announce: Callable[[], str]) -> int:
        announced = False
        while self._asked is None:
            self._relay()
            ended = [child for child in self._children if child.process.poll() is not None]
            if ended:
                self._announce_end(ended[0])
                return 1
            if not announced and ready():
                announced = True
                self.show(announce())
        return 0

    def _announce_end(self, child: Child) -> None:
        self._relay()
        status = child.process.returncode
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        self.show(f"\n“{child.name}” {how}. Stopping everything.")

    def _stop(self) -> None:
        if self._children:
            self.show("\nStopping …")
        # The last one is what the others talk to: it goes when they are done.
        for wave, patience in ((self._children[:-1], self._grace), (self._children[-1:], 1.0)):
            for child in wave:
                child.signal(signal.SIGTERM)
            self._wait(wave, patience)
        for child in self._children:
            child.signal(signal.SIGKILL)
        self._wait(self._children, 1.0)
        self._relay()

    def _wait(self, children: Sequence[Child], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(c.process.poll() is None for c in children):
            self._relay()

    def _relay(self) -> None:
        """Pass output on for at most a tick; a reader who is slow never holds a program up."""
        outputs = {child.output: child for child in self._children if child.output}
        targets = [sys.stdout] if self._backlog else []
        readable, _, _ = select.select(list(outputs), targets, [], TICK)
        for output in readable:
            self._backlog += outputs[output].read()
        if len(self._backlog) > BACKLOG:
            kept = self._backlog[-BACKLOG // 2 :].partition(b"\n")[2]
            self._backlog = b"(some lines are left out: nobody read them)\n" + kept
        self._write()

    def _write(self) -> None:
        try:
            while self._backlog and select.select([], [sys.stdout], [], 0)[1]:
                written = os.write(sys.stdout.fileno(), self._backlog[:PIPE_ATOMIC])
                self._backlog = self._backlog[written:]
        except OSError:  # the reader is gone
            self._backlog = b""


def end_with_parent() -> None:
    """Have the kernel stop this process when its parent dies without a word (Linux only)."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


# Looked up before any fork: after it, the child must not load a library.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
