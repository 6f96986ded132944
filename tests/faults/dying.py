"""A worker that dies at a named point: `python -m tests.faults.dying POINT`. The work itself is
real."""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

POINTS = (
    "before-claim",
    "after-claim",
    "amid-the-chunk",
    "after-the-provider-took-it",
    "amid-settling",
)


def die(*_: Any, **__: Any) -> Any:
    """As the kernel kills: at once, and nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def and_die(function: Callable[..., Any], after: int = 1) -> Callable[..., Any]:
    """The same function, which kills the process when it has done its work so many times."""
    calls = itertools.count(1)

    def run(*args: Any, **options: Any) -> Any:
        done = function(*args, **options)
        if next(calls) == after:
            die()
        return done

    return run


def arrange(point: str) -> None:
    """Put death at the point."""
    from importlib import import_module

    from shipping import providers

    # Whatever name they import under is theirs to replace.
    working: Any = import_module("core.outbox.worker")
    dispatching: Any = import_module("shipping.dispatch.queue")
    provider = providers.get("reference")
    if point == "before-claim":
        working.claim = die
    elif point == "after-claim":
        working.claim = and_die(working.claim)
    elif point == "amid-the-chunk":
        provider.read = and_die(provider.read)  # type: ignore[method-assign]  # the fault
    elif point == "after-the-provider-took-it":
        working.Pipe.take = and_die(working.Pipe.take)
    elif point == "amid-settling":
        # The rows are written, their events are not: one transaction holds both.
        dispatching.update_each = and_die(dispatching.update_each)
    else:
        raise SystemExit(f"{point} is not one of {POINTS}")


def main() -> None:
    """Work as a worker does, until death."""
    django.setup()
    from shipping.dispatch import queue

    arrange(sys.argv[1])
    queue.dispatch()


if __name__ == "__main__":
    main()
