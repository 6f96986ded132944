"""The form of a decision: what the action asks for, and why it is done."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from core.cases import Action
from core.forms import TextField
from core.risks import SHORTEST_REASON

LONGEST_REASON = 500


class DecisionForm(forms.Form):
    """What an action asks for. `obstacle`: what speaks against it, empty when nothing does."""

    obstacle: str


def decision_form(action: Action, subject: Any, request: HttpRequest) -> DecisionForm:
    """The action's own form, with a reason, and a box to tick where something speaks against it."""
    obstacle = action.risk(subject) if subject is not None else ""
    needed = action.needs_reason or bool(obstacle)
    extra: dict[str, forms.Field] = {"reason": _reason(needed)}
    if obstacle:
        extra["despite_risk"] = forms.BooleanField(
            label="Do it all the same", widget=UnfoldBooleanWidget
        )
    kind: Any = type("DecisionForm", (DecisionForm, action.form), extra)
    initial = action.initial(subject) if subject is not None else {}
    form: DecisionForm = kind(request.POST if request.method == "POST" else None, initial=initial)
    form.obstacle = obstacle
    for name, field in form.fields.items():
        if name not in extra:
            _dress(field)
    return form


def _reason(needed: bool) -> forms.Field:
    return TextField(
        min_length=SHORTEST_REASON if needed else None,
        max_length=LONGEST_REASON,
        required=needed,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Why. It is kept with the case: name no customer.",
    )


def _dress(field: forms.Field) -> None:
    """Give a plain field the look of the admin."""
    if isinstance(field, forms.ChoiceField):
        field.widget = UnfoldAdminSelectWidget(choices=field.choices)
    elif isinstance(field, forms.BooleanField):
        field.widget = UnfoldBooleanWidget()
    elif isinstance(field, forms.CharField):
        field.widget = UnfoldAdminTextInputWidget(attrs=field.widget.attrs)
