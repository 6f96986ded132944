"""A circuit breaker per destination, in the database: every worker sees the same one.

Closed, everything passes. After FAILURES failures in a row it opens and rows stay queued, without
burning attempts. When its pause is over one probe passes; it closes on success.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from core.database import clock
from core.http import Done, Outcome, Permanent
from core.models import Circuit

FAILURES = 5
PAUSE = timedelta(seconds=15)
# After an outage, however long, all go on within this and a pass of the sweeper.
LONGEST_PAUSE = timedelta(minutes=1)
# Longer than any one request takes, so that there is one probe at a time.
PROBE_TIME = timedelta(seconds=30)


def permits(name: str, wanted: int) -> int:
    """How many rows may be sent now: all that are wanted, one probe, or none."""
    circuit = Circuit.objects.filter(name=name).first()
    if circuit is None or circuit.open_until is None:
        return wanted
    return min(wanted, 1) if _probe(name) else 0


def is_open(name: str) -> bool:
    """Whether nothing but a probe may be sent."""
    return Circuit.objects.filter(name=name, open_until__isnull=False).exists()


def _probe(name: str) -> bool:
    """Win the right to the single probe of an open circuit whose pause is over."""
    now = clock.now()
    return bool(
        Circuit.objects.filter(name=name, open_until__lte=now).update(open_until=now + PROBE_TIME)
    )


def trip(name: str, pause: timedelta, why: str) -> Circuit:
    """Open it at once, whatever went before: nothing goes through until somebody acts."""
    until = clock.now() + pause
    circuit, _ = Circuit.objects.update_or_create(
        name=name, defaults={"failures": FAILURES, "open_until": until, "halted": why[:200]}
    )
    return circuit


def half_open(name: str) -> None:
    """End the pause of an open circuit: the next thing sent is its probe."""
    Circuit.objects.filter(name=name, open_until__isnull=False).update(
        open_until=clock.now(), halted=""
    )


def record(name: str, outcomes: Sequence[Outcome]) -> None:
    """Count a chunk's outcomes: the run of failures at its end is what opens the circuit."""
    failures = 0
    for outcome in reversed(outcomes):
        if isinstance(outcome, Done | Permanent):
            break
        failures += 1
    if failures < len(outcomes):
        Circuit.objects.filter(name=name).exclude(failures=0, open_until=None).update(
            failures=0, open_until=None, halted=""
        )
    if failures:
        _count(name, failures)


def _count(name: str, failures: int) -> None:
    """A chunk opens the circuit once, however long it was; a failed probe doubles the pause."""
    with transaction.atomic():
        Circuit.objects.bulk_create([Circuit(name=name)], ignore_conflicts=True)
        circuit = Circuit.objects.select_for_update().get(name=name)
        circuit.failures += FAILURES if circuit.open_until else min(failures, FAILURES)
        if circuit.failures >= FAILURES:
            doubled = PAUSE * 2 ** min(circuit.failures // FAILURES - 1, 5)
            circuit.open_until = clock.now() + min(doubled, LONGEST_PAUSE)
        circuit.save()
