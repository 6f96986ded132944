"""Notifications while parts die: workers are killed, the broker is emptied, the service misbehaves.

`python -m tests.faults.stress [--messages 10000]` runs it on a database of its own and prints what
became of every message; it exits with 1 when one was lost, doubled, or not accounted for.
tests/faults/test_faults.py runs a small one in the suite.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ACCEPTED = {100, 101, 102}
ARRIVED = ("sent", "delivered")
# What the service does wrong, in turns: with some, the message was taken all the same.
FAULTS: tuple[Mapping[str, Any], ...] = (
    {"mode": "timeout_after_accept", "share": 0.01, "hang_seconds": 12},
    {"mode": "close_after_accept", "share": 0.03},
    {"mode": "refuse", "share": 0.05},
    {"mode": "garbled", "share": 0.03},
    {"mode": "status", "status": 503, "share": 0.05, "retry_after": 1},
    {"mode": "status_after_accept", "status": 500, "share": 0.03},
)


@dataclass
class Verdict:
    """What became of the messages, by what we say and by what the service got."""

    states: Counter[str]
    taken: Counter[str]  # text of the message -> how often the service took it
    kills: int
    seconds: float
    cases: int
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        ours = [count for text, count in self.taken.items() if text.startswith("m-")]
        lines = [
            f"{sum(self.states.values())} messages, {self.kills} workers killed, "
            f"{self.seconds:.0f} s: {dict(self.states)}",
            f"taken by the service: {len(ours)}, more than once: {sum(n > 1 for n in ours)}; "
            f"cases open for unknown ones: {self.cases}",
            *self.wrong[:10],
        ]
        return "\n".join(lines)


def judged(states: Mapping[str, str], taken: Counter[str], **facts: Any) -> Verdict:
    """The verdict on messages by their text: state of each, and how often it was taken."""
    verdict = Verdict(Counter(states.values()), taken, **facts)
    for text, state in states.items():
        times = taken[text]
        if times > 1:
            verdict.wrong.append(f"“{text}” was taken {times} times")
        if state in ARRIVED and times != 1:
            verdict.wrong.append(f"“{text}” is sent, and was taken {times} times")
        if state not in (*ARRIVED, "unknown"):
            verdict.wrong.append(f"“{text}” is {state}")
    if verdict.cases != verdict.states["unknown"]:
        verdict.wrong.append("not every unknown one is a case")
    return verdict


def run(
    sandbox: Any,
    start: Callable[..., "subprocess.Popen[bytes]"],
    messages: int,
    broker: Path,
    *,
    kill_every: float = 3.0,
    seed: int = 1,
) -> Verdict:
    """Send so many messages by two workers and a sweeper that keep dying.

    `start` starts a Python process of Dosette; `broker` is the folder of its file broker.
    """
    dice = random.Random(seed)
    began, kills = time.monotonic(), 0
    for number in range(messages // 100):
        _write(100, number)
    crew = [start(*_WORKER), start(*_WORKER), start("manage.py", "sweep")]
    while _unfinished():
        sandbox.faults(africastalking=dict(dice.choice(FAULTS)) | {"seed": dice.randrange(10**6)})
        _wait(kill_every)
        victim = dice.randrange(len(crew))
        command = _WORKER if victim < 2 else ("manage.py", "sweep")
        _kill(crew[victim])
        kills += 1
        if kills % 3 == 0:
            shutil.rmtree(broker, ignore_errors=True)  # every message in the broker is gone
            broker.mkdir(parents=True)
        _hurry()
        crew[victim] = start(*command)
    sandbox.faults(africastalking=None)
    for process in crew:
        _kill(process)
    return _verdict(sandbox, kills, time.monotonic() - began)


_WORKER = ("-m", "celery", "-A", "config", "worker", "-P", "solo", "-Q", "dispatch,default")


def _write(count: int, batch: int) -> None:
    from customers.tests.factories import CustomerFactory
    from notifications.services import notify

    customer = CustomerFactory.create()
    for number in range(count):
        notify(customer, message=f"m-{batch}-{number}", channel="sms", critical=True)


def _unfinished() -> int:
    from notifications.models import Notification

    return Notification.objects.filter(state__in=["queued", "sending"]).count()


def _hurry() -> None:
    """Let what waits be due now, leases of the dead be over, and an open circuit probe."""
    from django.utils import timezone

    from core.models import Circuit
    from core.outbox.leases import LEASE
    from notifications.models import Notification

    now = timezone.now()
    Notification.objects.filter(state="queued").update(next_attempt_at=now)
    # Who lives renews every five seconds: what was not renewed for fifteen is a dead one's.
    old = now + LEASE - timedelta(seconds=15)
    Notification.objects.filter(state="sending", lease_until__lt=old).update(lease_until=now)
    Circuit.objects.filter(open_until__gt=now).update(open_until=now)


def _wait(seconds: float) -> None:
    """So long, and until somebody has done something: a busy machine starts no process in two
    seconds, and who is always killed before it works proves nothing. But not for ever."""
    begun, left = time.monotonic(), _unfinished()
    while now_left := _unfinished():
        waited = time.monotonic() - begun
        if waited > seconds * 5 or (waited > seconds and now_left < left):
            return
        with suppress(subprocess.TimeoutExpired):
            subprocess.run([sys.executable, "-c", ""], check=False, timeout=1)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _verdict(sandbox: Any, kills: int, seconds: float) -> Verdict:
    from core.cases.models import Case
    from core.sweeper import reconcile
    from notifications.models import Notification

    while sum(reconcile().values()):
        pass
    entries = sandbox.ledger()["sms"]
    taken = Counter(str(e["message"]) for e in entries if e.get("statusCode") in ACCEPTED)
    ours = Notification.objects.filter(message__startswith="m-")
    states = dict(ours.values_list("message", "state"))
    listed = Case.objects.filter(
        kind="message-unknown", closed_at=None, subject_id__in=ours.values("pk")
    ).count()
    return judged(states, taken, kills=kills, seconds=seconds, cases=listed)


# --- by command ------------------------------------------------------------------------------


def main() -> int:
    """Run it on a database of the benchmarks; 1 when something is wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.faults.stress", description=__doc__)
    options.add_argument("--messages", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    os.environ["SMS_PROVIDER"] = "africastalking"
    from bench import databases, world

    world.prepare()
    databases.empty()
    from sandbox.testing import running_sandbox

    with running_sandbox() as sandbox, _processes(sandbox) as start:
        _point_here(sandbox)
        broker = world.VAR / "broker"
        verdict = run(sandbox, start, given.messages, broker, seed=given.seed)
    sys.stdout.write(f"{verdict}\n")
    return 1 if verdict.wrong else 0


def _environment(sandbox: Any) -> dict[str, str]:
    return {
        "AFRICAS_TALKING_BASE_URL": f"{sandbox.url}/africastalking",
        "AFRICAS_TALKING_USERNAME": sandbox.config.africas_talking_username,
        "AFRICAS_TALKING_API_KEY": sandbox.config.africas_talking_api_key,
        "REDIS_URL": "",
        "LOG_LEVEL": "ERROR",
    }


def _point_here(sandbox: Any) -> None:
    from django.conf import settings

    for name, value in _environment(sandbox).items():
        if name.startswith("AFRICAS"):
            setattr(settings, name, value)


@contextmanager
def _processes(sandbox: Any) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    started: list[subprocess.Popen[bytes]] = []
    environment = os.environ | _environment(sandbox)

    def start(*command: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *command],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            _kill(process)


if __name__ == "__main__":
    sys.exit(main())
