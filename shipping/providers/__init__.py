"""Shipping providers: one file each, and the file's name is the provider's name.

A provider is pure: it builds a request and reads an answer, and never opens a connection. A file
in this folder holds a class derived from `Provider` and an instance of it named `provider`.
docs/adding-a-provider.md walks through one.
"""

import pkgutil
from functools import cache
from importlib import import_module

from shipping.provider_api.base import Provider


@cache
def names() -> tuple[str, ...]:
    """The providers there are: the modules of this folder."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def get(name: str) -> Provider:
    """A provider by its name. Raises LookupError when there is none."""
    if name not in names():
        raise LookupError(f"there is no shipping provider {name[:50]}")
    provider: Provider = import_module(f"{__name__}.{name}").provider
    return provider
