"""Laboratories: one file each, and the file's name is the laboratory's name.

A file holds a class derived from `Laboratory` and an instance of it named `laboratory`. It is pure:
it reads what came, and never opens a connection. Its conformance suite is
`clinical/tests/laboratories/conformance.py`.
"""

import pkgutil
from functools import cache
from importlib import import_module

from clinical.laboratories.contract import Laboratory


@cache
def names() -> tuple[str, ...]:
    """The laboratories there are: the modules of this folder."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def get(name: str) -> Laboratory:
    """A laboratory by its name. Raises LookupError when there is none."""
    if name not in names():
        raise LookupError(f"there is no laboratory {name[:50]}")
    laboratory: Laboratory = import_module(f"{__name__}.{name}").laboratory
    return laboratory
