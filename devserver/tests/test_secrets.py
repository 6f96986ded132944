"""What Dosette makes for itself when the environment names nothing."""

import json
import subprocess
import sys
import time
from pathlib import Path

from devserver.secrets import demo_secrets

SHOW = """
import json, pathlib, sys, time
from devserver.secrets import demo_secrets
while time.time() < float(sys.argv[2]):
    pass
print(json.dumps(demo_secrets(pathlib.Path(sys.argv[1]))))
"""


def test_twenty_processes_at_once_agree_on_the_secrets(tmp_path: Path) -> None:
    all_at_once = str(time.time() + 1.5)
    command = [sys.executable, "-c", SHOW, str(tmp_path / "var"), all_at_once]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(20)]
    told = {process.communicate()[0] for process in started}
    assert [process.returncode for process in started] == [0] * 20
    assert len(told) == 1
    assert json.loads(told.pop()) == demo_secrets(tmp_path / "var")


def test_only_the_owner_may_read_the_secrets(tmp_path: Path) -> None:
    demo_secrets(tmp_path)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_two_clones_have_different_secrets(tmp_path: Path) -> None:
    one, other = demo_secrets(tmp_path / "one"), demo_secrets(tmp_path / "other")
    assert one.keys() == other.keys()
    assert not set(one.values()) & set(other.values())


def test_a_secret_that_is_new_joins_the_others_and_changes_none(tmp_path: Path) -> None:
    before = demo_secrets(tmp_path)
    kept = {name: value for name, value in before.items() if name != "SECRET_KEY"}
    (tmp_path / "secrets.json").write_text(json.dumps(kept))
    after = demo_secrets(tmp_path)
    assert after["SECRET_KEY"] != before["SECRET_KEY"]
    assert kept.items() <= after.items()
