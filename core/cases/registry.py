"""What can go wrong, as the apps declare it, and what staff can do about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Model, QuerySet


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """What is to be opened. `source` is the provider or channel; no text holds personal data."""

    kind: str
    subject: int
    title: str
    summary: str
    source_message: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows that a case is about beside its subject: `narrowed` are the parameters by which their
    list in the admin shows these only."""

    label: str
    rows: "QuerySet[Any]"
    narrowed: Mapping[str, str]


def _always(_: Any) -> bool:
    return True


def _harmless(_: Any) -> str:
    return ""


def _no_lists(_: Any) -> Sequence[Listed]:
    return ()


def _nothing(_: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Action:
    """Something that staff can do about a case.

    `help_text`, and `preview` for the subject at hand, say what it will do; `initial` fills the
    form. `is_available`: whether it makes sense for this subject. `risk` says what speaks against
    it, or nothing: whoever does it all the same has to say so, and why, and `run` is given
    `despite_risk` to ask again under its locks; a text that it gives is shown. `form` holds what
    else must be given, beside the reason. `closes`: the case is closed with it although the subject
    is as it was; without, it closes when the verb resolves it.
    """

    name: str
    label: str
    permission: str
    help_text: str = ""
    preview: Callable[[Any], str] = _harmless
    needs_reason: bool = False
    is_available: Callable[[Any], bool] = _always
    risk: Callable[[Any], str] = _harmless
    form: type[forms.BaseForm] = forms.Form
    initial: Callable[[Any], dict[str, Any]] = _nothing
    run: Callable[..., Any] | None = None
    closes: bool = False

    @property
    def has_risk(self) -> bool:
        """Whether anything may ever speak against it."""
        return self.risk is not _harmless

    @property
    def is_alike(self) -> bool:
        """Whether its form asks the same of every subject, so that it can be done to many."""
        return self.initial is _nothing


@dataclass(frozen=True)
class Kind:
    """What can go wrong with rows of `model`.

    Whoever sees its cases has `view_permission`, or a token with the scope
    `<scope_prefix>:read`; acting by token needs `<scope_prefix>:write`. With `subjects` (the rows
    that are wrong now) and `to_cases` the sweeper opens what was forgotten and closes what is
    fine again.
    """

    name: str
    label: str
    model: type[Model]
    scope_prefix: str
    view_permission: str
    actions: Sequence[Action] = ()
    subjects: Callable[[], "QuerySet[Any]"] | None = None
    to_cases: Callable[[Sequence[Any]], list[CaseDraft]] | None = None
    # How soon somebody should have dealt with it, unless staff set another time.
    due_within: timedelta = timedelta(days=1)
    # What to look at beside the subject.
    lists: Callable[[Any], Sequence[Listed]] = _no_lists
    # For reading subjects: what `to_cases` and the actions look at.
    related: tuple[str, ...] = field(default=())

    @property
    def rows(self) -> "QuerySet[Any]":
        """The rows of its model, with what is looked at beside them."""
        return self.model._default_manager.select_related(*(self.related or [None]))

    @property
    def subject_type(self) -> str:
        """`shipping.shipment`."""
        return self.model._meta.label_lower

    @property
    def read_scope(self) -> str:
        """What a token needs to see its cases."""
        return f"{self.scope_prefix}:read"

    @property
    def write_scope(self) -> str:
        """What a token needs to act on them."""
        return f"{self.scope_prefix}:write"

    def action(self, name: str) -> Action | None:
        """The action of that name; None when there is none."""
        return next((action for action in self.actions if action.name == name), None)


_KINDS: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Declare kinds, in `AppConfig.ready`. Raises ValueError when a name is taken."""
    for kind in kinds:
        if kind.name in _KINDS:
            raise ValueError(f"the kind {kind.name} is registered already")
        _KINDS[kind.name] = kind


def kinds() -> list[Kind]:
    """All of them, in the order in which they were registered."""
    return list(_KINDS.values())


def kind(name: str) -> Kind:
    """A kind by its name. Raises LookupError when no app has registered it."""
    return _KINDS[name]
