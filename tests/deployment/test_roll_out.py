"""scripts/roll-out, with stand-ins for kubectl and kustomize that write down what they are told."""

import os
import subprocess
from pathlib import Path

import pytest

from config.settings.environment import BASE_DIR

KUBECTL = """#!/bin/sh
echo "kubectl $*" >>"$LOG"
case "$*" in
*"get job migrate"*) echo "$MIGRATION" ;;
*"rollout status deployment/$SICK "*) exit 1 ;;
esac
"""
KUSTOMIZE = '#!/bin/sh\necho "kustomize $*" >>"$LOG"\n'


def roll_out(
    folder: Path, *words: str, migration: str = "Complete", sick: str = "-"
) -> tuple[int, list[str]]:
    """The exit status, and what was called in which order."""
    for name, text in {"kubectl": KUBECTL, "kustomize": KUSTOMIZE}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    log = folder / "log"
    log.touch()
    done = subprocess.run(
        [BASE_DIR / "scripts/roll-out", *words],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "LOG": str(log),
            "MIGRATION": migration,
            "SICK": sick,
            "PAUSE": "0",
        },
        capture_output=True,
        check=False,
    )
    return done.returncode, log.read_text().splitlines()


def applied(called: list[str]) -> list[str]:
    return [line.split()[3] for line in called if line.startswith("kubectl apply")]


def test_the_migration_ends_before_anything_is_replaced(tmp_path: Path) -> None:
    status, called = roll_out(tmp_path, "staging", "r.example/dosette@sha256:1")
    assert status == 0
    assert applied(called) == ["dosette/step=before", "dosette/step!=before"]
    [waited] = [number for number, line in enumerate(called) if "get job migrate" in line]
    [replaced] = [number for number, line in enumerate(called) if "step!=before" in line]
    assert waited < replaced
    assert not any("rollout undo" in line for line in called)


def test_a_migration_that_fails_replaces_nothing(tmp_path: Path) -> None:
    status, called = roll_out(tmp_path, "production", "r.example/dosette:1", migration="Failed")
    assert status == 1
    assert applied(called) == ["dosette/step=before"]


@pytest.mark.parametrize("sick", ["web", "nginx"])
def test_a_release_that_does_not_become_healthy_is_undone_everywhere(
    sick: str, tmp_path: Path
) -> None:
    status, called = roll_out(tmp_path, "production", "r.example/dosette:1", sick=sick)
    assert status == 1
    undone = {line.rpartition("/")[2] for line in called if "rollout undo" in line}
    assert undone == {"web", "worker-dispatch", "worker-default", "beat", "sweeper", "nginx"}


def test_it_rolls_out_nowhere_else(tmp_path: Path) -> None:
    assert roll_out(tmp_path, "prod", "r.example/dosette:1") == (2, [])
