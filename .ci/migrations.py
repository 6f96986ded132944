"""Lints the SQL of the migrations that came after the last release, with squawk.

Old code runs while a migration does, so it may not lock a busy table for long or take away what the
old code reads. `.ci/released-migrations` names each app's last released one; a release moves it on.
Usage: python .ci/migrations.py SQUAWK
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

django.setup()

OURS = (
    "core",
    "identity",
    "customers",
    "orders",
    "clinical",
    "shipping",
    "kits",
    "notifications",
    "transfers",
    "desk",
)
# Time-outs come from the connection (docs/operations.md, "Upgrades"), a transaction from Django,
# and the types of columns from its fields.
NOT_OURS = (
    "ban-drop-not-null",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",
    "prefer-text-field",
    "require-timeout-settings",
)
# What was plain becomes cipher text in place: old code cannot read it, so these are applied while
# Dosette is stopped, as the changelog says (docs/decisions/0047-encryption-at-rest.md).
WHILE_STOPPED = {
    ("clinical", "0021_encrypted"),
    ("clinical", "0024_reasons_of_merges_encrypted"),
    ("identity", "0013_second_factors_by_keys_of_encryption"),
}


# squawk takes every function for a volatile one. These are stable: PostgreSQL evaluates the default
# once, and rewrites nothing (https://www.postgresql.org/docs/current/sql-altertable.html, Notes).
STABLE = ("(STATEMENT_TIMESTAMP())", "(decode(nullif(current_setting(")


def released() -> dict[str, str]:
    """Each app's last released migration."""
    lines = (ROOT / ".ci" / "released-migrations").read_text().split("\n")
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def newer() -> list[tuple[str, str]]:
    """The migrations after those, in an order in which they can be applied."""
    last, graph = released(), MigrationLoader(connection).graph
    return [
        (app, name) for app, name in sorted(graph.nodes) if app in OURS and name > last.get(app, "")
    ]


def sql(app: str, name: str) -> str:
    """What PostgreSQL is asked to do."""
    text = io.StringIO()
    call_command("sqlmigrate", app, name, stdout=text)
    return _of_known_tables("".join(filter(_may_matter, text.getvalue().splitlines(keepends=True))))


def _may_matter(statement: str) -> bool:
    """Whether old code could feel it. A history is written by triggers alone, which a migration
    makes anew together with its columns."""
    if re.match(r'ALTER TABLE "\w+history" ALTER COLUMN "\w+" DROP DEFAULT;', statement):
        return False
    is_column = re.match(r'ALTER TABLE "\w+" ADD COLUMN ', statement)
    return not (is_column and any(f" DEFAULT {default}" in statement for default in STABLE))


def _of_known_tables(statements: str) -> str:
    """Without the columns added to tables that the same migration makes: nobody uses those yet."""
    made = set(re.findall(r'(?m)^CREATE TABLE "(\w+)"', statements))
    added = re.compile(r'^ALTER TABLE "(\w+)" ADD COLUMN ')
    lines = statements.splitlines(keepends=True)
    return "".join(line for line in lines if not ((m := added.match(line)) and m[1] in made))


def main(squawk: str) -> int:
    """Exit status: 1 when one of them cannot be applied beside the old code."""
    bad = 0
    for app, name in newer():
        if (app, name) in WHILE_STOPPED:
            print(f"{app} {name}: applied while Dosette is stopped, so not linted")
            continue
        options = [f"--exclude={rule}" for rule in NOT_OURS]
        path = f"--stdin-filepath={app}/migrations/{name}.py"
        linted = subprocess.run([squawk, *options, path], input=sql(app, name), text=True)
        bad += linted.returncode != 0
    print(f"{len(newer())} migrations since the release, {bad} of them not safe beside old code")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
