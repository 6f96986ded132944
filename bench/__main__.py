"""`make bench`: measures each job beside its baseline in the same run, and prints the ratios.

Works on the embedded database, or on a database `dosette_bench` of the server in DATABASE_URL.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from bench import world
from bench.report import Line, table

# Which jobs measure a figure by the name that stands before it in the table.
FIGURES = {
    "p1": ["http"],
    "p2": ["http"],
    "p3": ["http"],
    "p4": ["schedule"],
    "p5": ["dispatch", "messages"],
    "p6": ["import"],
    "p7": ["admin"],
}
JOBS = ("import", "schedule", "dispatch", "messages", "token", "http", "admin")


def main() -> int:
    """Run the jobs named on the command line, or all of them."""
    options = _options()
    wanted = {job for name in options.only for job in FIGURES.get(name, [name])}
    world.prepare()
    started = time.monotonic()
    lines: list[Line] = []
    for name, job in _jobs(options).items():
        if wanted and name not in wanted:
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        for line in job():
            print(f"  {line.job}: {line.value:,.0f} {line.unit}", file=sys.stderr, flush=True)
            lines.append(line)
    print(table(lines))
    print(f"\n{time.monotonic() - started:.0f} s in all. Ratios hold within one run only.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = ", ".join((*FIGURES, *JOBS))
    parser.add_argument("only", nargs="*", type=_name, metavar="NAME", help=f"of: {names}")
    parser.add_argument("--big", type=int, default=1_000_000, help="orders in the large lists")
    parser.add_argument("--due", type=int, default=0, help="schedules due at once, as a last run")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for each measurement")
    return parser.parse_args()


def _name(text: str) -> str:
    """A figure's or a job's name, in any case. Raises argparse's error, which lists them all."""
    name = text.lower()
    if name not in FIGURES and name not in JOBS:
        known = ", ".join((*FIGURES, *JOBS))
        raise argparse.ArgumentTypeError(f"there is no {text!r}; there are: {known}")
    return name


def _jobs(options: argparse.Namespace) -> dict[str, Callable[[], Iterator[Line]]]:
    # Imported here: they need Django, which world.prepare() has just set up.
    from bench import fill
    from bench.jobs import admin_job, http_jobs, import_job, token_job
    from bench.jobs.message_jobs import message_jobs
    from bench.jobs.shipping_jobs import dispatch_jobs, schedule_jobs

    def admin() -> Iterator[Line]:
        from orders.models import Order

        if not Order.objects.filter(pk__gt=options.big).exists():
            fill.customers(1000)
            fill.orders(options.big)
        return admin_job.jobs(options.big)

    return {
        "import": lambda: import_job.jobs(100_000),
        "schedule": lambda: schedule_jobs(options.due),
        "dispatch": dispatch_jobs,
        "messages": message_jobs,
        "token": token_job.jobs,
        "http": lambda: http_jobs.jobs(options.seconds, options.big, options.only),
        "admin": admin,
    }


if __name__ == "__main__":
    sys.exit(main())
