"""What somebody may do, as a table to be read: a row for each kind of thing, a column a verb."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.utils.text import capfirst

VERBS = {"view": "see", "add": "add", "change": "change", "delete": "delete"}
HEALTH = "clinical"
ALONE = "a right of their own"
EVERYTHING = "superuser"
Sources = Mapping[str, Sequence[str]]  # permission -> what gives it


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of thing; by verb, what gives the right to it: nothing where there is none."""

    model: str  # clinical.study
    label: str
    app: str
    cells: Sequence[tuple[str, Sequence[str]]]
    is_health: bool = False


def of_group(group: Group) -> Sources:
    """What a group gives."""
    return dict.fromkeys(_names(group.permissions.all()), (group.name,))


def of_person(person: Any) -> Sources:
    """What each right of a person comes from. Rights count only while somebody is active."""
    if person.is_superuser:
        return dict.fromkeys(_names(Permission.objects.all()), (EVERYTHING,))
    given = Permission.objects.filter(group__user=person)
    sources: dict[str, list[str]] = {}
    for app, code, group in given.values_list("content_type__app_label", "codename", "group__name"):
        sources.setdefault(f"{app}.{code}", []).append(group)
    for name in _names(Permission.objects.filter(user=person)):
        sources.setdefault(name, []).append(ALONE)
    return {name: sorted(set(givers)) for name, givers in sources.items()}


def table(sources: Sources, *, all_rows: bool = False) -> list[Row]:
    """The rows on which at least one right is held, or all, by app."""
    rows = (
        Row(
            model,
            label,
            app,
            [(verb, sources.get(_named(model, code), ())) for code, verb in VERBS.items()],
            model.startswith(f"{HEALTH}."),
        )
        for model, (app, label) in models().items()
    )
    return [row for row in rows if all_rows or any(givers for _, givers in row.cells)]


@cache
def models() -> dict[str, tuple[str, str]]:
    """What there are rights to: by model its app and its name in the plural."""
    permitted = (m for m in apps.get_models() if set(m._meta.default_permissions) & set(VERBS))
    ours = (m for m in permitted if m._meta.app_config and not m._meta.auto_created)
    named = {
        m._meta.label_lower: (
            capfirst(str(m._meta.app_config.verbose_name)),
            capfirst(str(m._meta.verbose_name_plural)),
        )
        for m in ours
        if not m.__module__.startswith(("django.contrib.sessions", "django.contrib.contenttypes"))
    }
    return dict(sorted(named.items(), key=lambda item: item[1]))


def _named(model: str, verb: str) -> str:
    app, name = model.split(".")
    return f"{app}.{verb}_{name}"


def _names(permissions: QuerySet[Permission]) -> list[str]:
    rows = permissions.values_list("content_type__app_label", "codename")
    return [f"{app}.{code}" for app, code in rows]
