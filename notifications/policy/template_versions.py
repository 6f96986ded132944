"""The texts of templates: each change is a new version, and any old one may come back."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from notifications.models import Template, TemplateVersion

TEXTS = ("subject", "body", "html")


@transaction.atomic
def save(template: Template, *, by: str) -> Template:
    """Save the template; where its texts are new, or changed, as a new version that is current."""
    was = Template.objects.select_for_update(of=("self",)).filter(pk=template.pk).first()
    if was and not was.versions.exists():
        _version(was, by="system")
    template.save()
    if was is None or _texts(was) != _texts(template):
        template.current = _version(template, by=by)
        template.save(update_fields=["current"])
    return template


@transaction.atomic
def make_current(template: Template, version: TemplateVersion) -> Template:
    """Let an old version be the one that is used. Raises ValueError for another template's, and
    ValidationError for texts that could not be typed today: the channel or a rule has changed.
    """
    locked = Template.objects.select_for_update(of=("self",)).get(pk=template.pk)
    if version.template_id != locked.pk:
        raise ValueError("a version of another template")
    for name in TEXTS:
        setattr(locked, name, getattr(version, name))
    locked.current = version
    locked.clean()
    locked.save(update_fields=[*TEXTS, "current"])
    return locked


def _version(template: Template, *, by: str) -> TemplateVersion:
    newest = template.versions.aggregate(newest=Max("number"))["newest"] or 0
    return TemplateVersion.objects.create(
        template=template, number=newest + 1, made_by=by, **_texts(template)
    )


def _texts(row: Template | TemplateVersion) -> dict[str, str]:
    return {name: getattr(row, name) for name in TEXTS}


@dataclass(frozen=True, slots=True)
class Change:
    """A version with what it changed: lines, each with `+`, `-` or a blank in front."""

    version: TemplateVersion
    is_current: bool
    lines: list[tuple[str, str]]


def history(template: Template) -> list[Change]:
    """The versions, the newest first, each with its difference to the one before."""
    versions = list(template.versions.order_by("number"))
    before: list[str] = []
    changes = []
    for version in versions:
        lines = _lines(version)
        shown = [(line[0], line[2:]) for line in difflib.ndiff(before, lines) if line[0] != "?"]
        changes.append(Change(version, version.pk == template.current_id, shown))
        before = lines
    return changes[::-1]


def _lines(version: TemplateVersion) -> list[str]:
    return list(_labelled(version))


def _labelled(version: TemplateVersion) -> Iterator[str]:
    for name in TEXTS:
        for line in getattr(version, name).splitlines():
            yield line if name == "body" else f"{name}: {line}"
