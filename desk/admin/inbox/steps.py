"""What was done about a case, one step a line."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from unfold.decorators import display

from core import cases
from core.admin.pages import HistoryInline
from core.cases.models import CaseEvent
from desk.admin.inbox.readable import readable

OWN_STEPS = {
    "assigned": "taken",
    "given-back": "given back",
    "handed-over": "handed over",
    "again": "happened again",
    "settled": "put right",
}


class StepInline(HistoryInline):
    """What was done about it."""

    model = CaseEvent
    fields = ["at", "what", "actor", "readable_detail"]

    @display(description="detail")
    def readable_detail(self, event: CaseEvent) -> str:
        """What was said, in words."""
        return readable(event.detail)[0]

    @cached_property
    def kind_labels(self) -> Mapping[str, str]:  # type: ignore[override]  # read once an instance
        """The labels of actions, those that all kinds of cases call alike."""
        actions = [action for kind in cases.kinds() for action in kind.actions]
        labels = {(action.name, action.label) for action in actions}
        names = Counter(name for name, _ in labels)
        return OWN_STEPS | {name: label for name, label in labels if names[name] == 1}
