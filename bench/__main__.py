"""`make bench`: measures each job beside the naive way and the limit, and prints the ratios.

Works on the embedded database and broker, or beside the database that DATABASE_URL names and on
the Redis of REDIS_URL.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from bench import databases, world
from bench.aims import aims, reached
from bench.jobs import Options
from bench.report import Row, table

SMALL = 10_000
# What is measured, by the name that stands before it in the table.
FIGURES = {
    "p1": "placing an order",
    "p2": "a list of 50 orders, of few and of many",
    "p3": "a provider's event",
    "p4": "a run of the schedules",
    "p5": "handing over parcels and messages",
    "p6": "an import of patients",
    "p7": "pages of the admin",
    "p9": "an idle pass of the sweeper",
    "p10": "memory and size",
}
# Of the data as it was filled in: what others leave behind takes space, and is the sweeper's work.
FIRST = {"p10": 0, "p9": 1}
Job = Callable[[Options], Iterator[Row]]


def main() -> int:
    """Measure what is named on the command line, or everything."""
    options = _options()
    world.prepare()
    started = time.monotonic()
    rows: list[Row] = []
    for orders in sorted({min(SMALL, options.big), options.big}):
        names = wanted(options.only, few=orders < options.big)
        if not names:
            continue
        databases.use(orders)
        for name in sorted(names, key=lambda name: FIRST.get(name, 2)):
            print(f"{name}, {orders:,} orders …", file=sys.stderr, flush=True)
            for row in _jobs()[name](Options(options.seconds, options.runs, orders, options.due)):
                print(f"  {row.job}: {row.to_naive:.2f} × naive", file=sys.stderr, flush=True)
                rows.append(row)
    print(table(rows, aims))
    passed, all_of_them = reached(rows)
    print(
        f"\n{passed} of {all_of_them} aims reached; {options.runs} runs, "
        f"{time.monotonic() - started:.0f} s in all. Only ratios say anything."
    )
    return 0


def wanted(only: Sequence[str], *, few: bool) -> list[str]:
    """What is measured with few orders, or with many: lists are with both."""
    return [name for name in FIGURES if name in (only or FIGURES) and (name == "p2" or not few)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog="; ".join(f"{name}: {what}" for name, what in FIGURES.items()),
    )
    parser.add_argument("only", nargs="*", type=_name, metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--big", type=_count, default=1_000_000, help="how many orders are many")
    parser.add_argument("--due", type=_count, default=0, help="schedules due, else 100,000")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for each measurement")
    parser.add_argument("--runs", type=_count, default=3, help="how often, for the spread")
    return parser.parse_args()


def _name(text: str) -> str:
    """A figure's name, in any case. Raises argparse's error, which lists them all."""
    name = text.lower()
    if name not in FIGURES:
        known = ", ".join(FIGURES)
        raise argparse.ArgumentTypeError(f"there is no {text!r}; there are: {known}")
    return name


def _count(text: str) -> int:
    """A whole number from 1 on. Raises argparse's error."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _jobs() -> dict[str, Job]:
    # Imported here: they need Django, which world.prepare() has just set up.
    from bench.jobs import (
        admin_jobs,
        api_jobs,
        dispatch_jobs,
        import_jobs,
        memory_jobs,
        schedule_jobs,
        sweep_jobs,
    )

    return {
        "p1": api_jobs.create_jobs,
        "p2": api_jobs.list_jobs,
        "p3": api_jobs.webhook_jobs,
        "p4": schedule_jobs.jobs,
        "p5": dispatch_jobs.jobs,
        "p6": import_jobs.jobs,
        "p7": admin_jobs.jobs,
        "p9": sweep_jobs.jobs,
        "p10": memory_jobs.jobs,
    }


if __name__ == "__main__":
    sys.exit(main())
