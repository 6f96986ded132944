"""What is imported is named in the Pipfile, and the lock was made of it."""

import ast
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires

import pytest

from config.settings.base import BASE_DIR

PIPFILE = tomllib.loads((BASE_DIR / "Pipfile").read_text())
RUNS = (
    *("core", "identity", "customers", "orders", "clinical", "shipping", "notifications"),
    *("kits", "transfers", "desk", "config", "scripts"),
)
# Pipenv takes a Pipfile that names no source for one that names this.
SOURCE = {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _named(group: str) -> set[str]:
    """The packages of a group, and those that its extras stand for."""
    names = set(map(_plain, PIPFILE[group]))
    for name, wish in PIPFILE[group].items():
        for extra in wish.get("extras", []) if isinstance(wish, dict) else []:
            brought = [
                each for each in requires(name) or [] if re.search(f"['\"]{extra}['\"]", each)
            ]
            names |= {_plain(re.split(r"[^\w.-]", each)[0]) for each in brought}
    return names


def _imported(path: str) -> set[str]:
    """The first parts of the names of modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((BASE_DIR / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def _runs(path: str) -> bool:
    return path.startswith(RUNS) and not {"tests", "conftest.py"} & set(path.split("/"))


@pytest.mark.parametrize("runs", [True, False], ids=["to run", "to develop"])
def test_each_package_that_is_imported_is_named(runs: bool) -> None:
    """Else it is there only while another package happens to need it."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=BASE_DIR, stdout=subprocess.PIPE)
    files = [path for path in listed.stdout.decode().split() if _runs(path) is runs]
    named = _named("packages") if runs else _named("packages") | _named("dev-packages")
    sources = packages_distributions()
    unnamed = {
        f"{path}: {name}"
        for path in files
        for name in _imported(path) - sys.stdlib_module_names
        if name in sources and not named & set(map(_plain, sources[name]))
    }
    assert files
    assert unnamed == set()


def test_the_lock_was_made_of_this_pipfile() -> None:
    meta = {"sources": [SOURCE], "requires": PIPFILE["requires"]}
    read = {"_meta": meta, "default": PIPFILE["packages"], "develop": PIPFILE["dev-packages"]}
    text = json.dumps(read, sort_keys=True, separators=(",", ":"))
    lock = json.loads((BASE_DIR / "Pipfile.lock").read_text())
    assert lock["_meta"]["hash"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("group", "locked"), [("packages", "default"), ("dev-packages", "develop")]
)
def test_each_package_is_locked_and_has_its_reason(group: str, locked: str) -> None:
    lock = json.loads((BASE_DIR / "Pipfile.lock").read_text())[locked]
    reasons = (BASE_DIR / "docs" / "decisions" / "dependencies.md").read_text()
    for name in PIPFILE[group]:
        assert _plain(name) in lock
        assert re.search(rf"(?m)^\| [^|]*\b{re.escape(name)}\b", reasons), f"{name} has no reason"
