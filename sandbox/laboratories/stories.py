"""What a laboratory makes of a sample: the versions that it posts, in the order in which they come.

Each is a body of the reference laboratory (docs/api.md, Webhooks) and how many pauses it waits.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

LATE = 20  # pauses


class Step(NamedTuple):
    """One thing that it posts."""

    body: bytes
    pauses: int = 1


def _version(
    sample: Mapping[str, str], number: int, status: str, value: str, flag: str = "normal"
) -> dict[str, Any]:
    findings = [{"name": "Ferritin", "value": value, "unit": "ug/L", "flag": flag}]
    return {
        "result_id": f"lab-{sample['serial']}",
        "version": number,
        "status": status,
        "issued_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "sample": dict(sample),
        "findings": [] if status == "cancelled" else findings,
    }


def _step(version: Mapping[str, Any], pauses: int = 1) -> Step:
    return Step(json.dumps(version).encode(), pauses)


def _plain(sample: Mapping[str, str]) -> list[Step]:
    return [
        _step(_version(sample, 1, "preliminary", "18")),
        _step(_version(sample, 2, "final", "18")),
    ]


def _late(sample: Mapping[str, str]) -> list[Step]:
    return [_step(_version(sample, 1, "final", "18"), LATE)]


def _doubled(sample: Mapping[str, str]) -> list[Step]:
    return [step for step in _plain(sample) for _ in range(2)]


def _disordered(sample: Mapping[str, str]) -> list[Step]:
    return _plain(sample)[::-1]


def _corrected(sample: Mapping[str, str]) -> list[Step]:
    return [*_plain(sample), _step(_version(sample, 3, "corrected", "81", "positive"))]


def _cancelled(sample: Mapping[str, str]) -> list[Step]:
    return [*_plain(sample), _step(_version(sample, 3, "cancelled", ""))]


def _mixed_up(sample: Mapping[str, str]) -> list[Step]:
    """Somebody else's name, born on the same day; then put right."""
    twin = {**sample, "name": "Zoe Mixed-Up"}
    return [
        _step(_version(twin, 1, "final", "18")),
        _step(_version(sample, 2, "corrected", "18"), LATE),
    ]


def _critical(sample: Mapping[str, str]) -> list[Step]:
    """Found in the middle of the night: it says so."""
    night = datetime.now(UTC).replace(hour=3, minute=0, second=0, microsecond=0)
    night -= timedelta(days=1) if night > datetime.now(UTC) else timedelta()
    version = _version(sample, 1, "final", "1", "critical")
    return [_step(version | {"issued_at": night.isoformat()})]


def _broken(sample: Mapping[str, str]) -> list[Step]:
    """HTML, half of a message, a date to come; then what was meant."""
    good = _version(sample, 1, "final", "18")
    ahead = (datetime.now(UTC) + timedelta(days=400)).isoformat()
    return [
        Step(b"<html><body>502 Bad Gateway</body></html>"),
        Step(json.dumps(good).encode()[:80]),
        _step(good | {"issued_at": ahead}),
        _step(good),
    ]


STORIES: Mapping[str, Callable[[Mapping[str, str]], list[Step]]] = {
    "plain": _plain,
    "late": _late,
    "doubled": _doubled,
    "disordered": _disordered,
    "corrected": _corrected,
    "cancelled": _cancelled,
    "mixed-up": _mixed_up,
    "critical": _critical,
    "broken": _broken,
}
