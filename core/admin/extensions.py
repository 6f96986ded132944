"""Pages of the admin to which apps above add what they have to show there."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest

Allowed = Callable[[Any, HttpRequest], bool]
Page = Callable[..., Any]


class Extensible:
    """Comes first among the bases of a page that other apps add to, from their own admin."""

    panels: ClassVar[Sequence[Any]] = ()
    timeline: ClassVar[Sequence[Any]] = ()

    @classmethod
    def extend(
        cls,
        *,
        inlines: Sequence[type[Any]] = (),
        actions: Sequence[Page] = (),
        pages: Mapping[str, tuple[Page, Callable[..., bool]]] | None = None,
        permissions: Mapping[str, Allowed] | None = None,
        panels: Sequence[Any] = (),
        timeline: Sequence[Any] = (),
    ) -> None:
        """Add tables below it, actions of its list, pages of a row and who may open each.

        `permissions` are those that the actions name; `panels` and `timeline` (its sources) are
        shown by pages with an overview (core/admin/overview). What is there already stays.
        """
        known: Any = cls
        known.inlines = [*known.inlines, *inlines]
        known.actions = [*(known.actions or ()), *actions]
        known.panels = [*known.panels, *panels]
        known.timeline = [*known.timeline, *timeline]
        known.actions_detail = [*(known.actions_detail or ()), *(pages or {})]
        for name, (page, allowed) in (pages or {}).items():
            setattr(cls, name, page)
            setattr(cls, f"has_{name}_permission", allowed)
        for name, allowed in (permissions or {}).items():
            setattr(cls, f"has_{name}_permission", allowed)
