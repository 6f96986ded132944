"""Runs the cases against a Dosette that runs already, and prints what each gives now.

Usage: python -m tests.cases PORT [H7 F14 …]: all cases, or those of these numbers and kinds. Start
it with `SANDBOX_EVENTS=off make run`: the carriers' events come from here. Status 1 when one fails.
"""

import os
import re
import sys
from importlib import import_module

import requests

from tests.cases.registry import CASES, Case
from tests.cases.world import ROOT, World

for _name in ("edge", "carriers", "messages", "searches", "sheets"):
    import_module(f"tests.cases.{_name}")


def main(words: list[str]) -> int:
    """The number of cases that fail, at most 1."""
    if not words or not words[0].isdigit():
        print(__doc__, file=sys.stderr)
        return 2
    environment = {
        "PORT": words[0],
        "DOSETTE_VAR": os.environ.get("DOSETTE_VAR", str(ROOT / "var")),
    }
    world = World(int(words[0]), environment)
    world.rules()
    failed = [each.number for each in _chosen(set(words[1:])) if not _run(each, world)]
    print(f"\n{len(failed)} failed: {', '.join(failed)}" if failed else "\nAll as they should be.")
    return 1 if failed else 0


def _chosen(names: set[str]) -> list[Case]:
    chosen = [each for each in CASES if not names or {each.number, each.kind} & names]
    return sorted(
        chosen, key=lambda each: [int(n) for n in re.findall(r"\d+", each.number)] or [99]
    )


def _run(each: Case, world: World) -> bool:
    try:
        answer, right = each.run(world), True
    except (AssertionError, requests.RequestException, LookupError, ValueError) as wrong:
        answer, right = f"{type(wrong).__name__}: {wrong}", False
    mark = "✓" if right else "✗"
    print(f"{mark} {each.number:6} {each.kind:8} {each.expected:60.60} {answer:.150}", flush=True)
    return right


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
