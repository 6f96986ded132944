"""Who may import what: those who may add and change its rows by hand."""

from typing import Any

from core.imports import Importer
from core.imports.registry import importers
from identity.models import User


def may_import(user: Any, importer: type[Importer]) -> bool:
    """Whether this person may."""
    meta = importer.model._meta
    needed = [f"{meta.app_label}.{verb}_{meta.model_name}" for verb in ("add", "change", "view")]
    return isinstance(user, User) and user.has_perms(needed)


def importable(user: Any) -> dict[str, type[Importer]]:
    """By noun, what this person may import."""
    return {noun: each for noun, each in importers().items() if may_import(user, each)}
