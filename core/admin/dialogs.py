"""What the dialogs of the admin share: where they lead, and how they ask for a decision."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import BooleanField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from core.forms import CharField, TextField
from core.risks import LONGEST_DETAIL, SHORTEST_REASON, UnsafeActionError
from core.values.text import lenient
from core.workflow import TransitionNotAllowedError


class DecisionForm(BaseDialogForm):
    """Asks why; where something speaks against it says so, and asks for a tick beside the reason.

    A class derived from it names its `model`, and says what speaks against it.
    """

    model: type[Model]
    form_before_template = "admin/core/warning.html"

    reason = TextField(
        max_length=LONGEST_DETAIL,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record: name no customer.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row: Any = get_object_or_404(self.model, pk=str(self.object_id))
        self.against = self.obstacle(self.row)
        if self.against:
            self.fields["despite_risk"] = BooleanField(
                label="Do it all the same", widget=UnfoldBooleanWidget
            )
        if self.against or self.needs_reason(self.row):
            needed = self.fields["reason"]
            needed.required, needed.min_length = True, SHORTEST_REASON

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """What speaks against it, above all that is asked."""
        return {"obstacle": self.against}

    def obstacle(self, row: Any) -> str:
        """What speaks against it; empty when nothing does."""
        return ""

    def needs_reason(self, row: Any) -> bool:
        """Whether it needs a reason though nothing speaks against it."""
        return False

    def decision(self) -> dict[str, Any]:
        """The reason, and whether the risk was taken, as the verbs want them."""
        given = self.cleaned_data
        return {"reason": given["reason"], "despite_risk": given.get("despite_risk", False)}


class BarTick(UnfoldBooleanWidget):
    """A tick with its label beside it, on one line, and seen on the bar's own colour."""

    def __init__(self, text: str) -> None:
        super().__init__({"style": "outline: 2px solid white; outline-offset: 1px"})
        self.text = text

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """Both, in a label."""
        style = "display: flex; align-items: center; gap: 0.5rem; white-space: nowrap"
        tick = super().render(*args, **kwargs)
        return format_html('<label style="{}">{}{}</label>', style, tick, self.text)


class DecisionBar(ActionForm):
    """The bar of the actions on many rows, with room for a reason, and a tick for rows that were
    refused for a risk."""

    reason = CharField(
        required=False,
        max_length=LONGEST_DETAIL,
        label="",
        widget=UnfoldAdminTextInputWidget({"placeholder": "Why? Kept on record"}),
    )
    despite_risk = BooleanField(required=False, label="", widget=BarTick("Despite the risk"))

    @staticmethod
    def decision(request: HttpRequest) -> dict[str, Any]:
        """The reason, and whether the risk was taken, as the verbs want them."""
        given = request.POST
        return {
            "reason": lenient(given.get("reason", "")),
            "despite_risk": bool(given.get("despite_risk")),
        }


# How it is said whether a connection works; None: it could not be tried.
LEVELS = {True: messages.SUCCESS, False: messages.ERROR, None: messages.WARNING}
REFUSALS = (TransitionNotAllowedError, ValidationError)  # whose text is for whoever asked
TICK_THERE = "tick that, and say why"
TICK_IN_BAR = "select it again, tick “Despite the risk” beside the action, and say why there"


def refusal_text(error: Exception, how: str = TICK_THERE) -> str:
    """What a verb's refusal says to whoever pressed the button."""
    text = " ".join(getattr(error, "messages", [str(error)]))
    if isinstance(error, UnsafeActionError):
        text += f" To do it all the same, {how}."
    return text


def opened_on(request: HttpRequest, url: str) -> str:
    """The page of the admin on which a dialog was opened; this one where nobody says which."""
    current = urlsplit(request.headers.get("HX-Current-URL", ""))
    is_ours = current.netloc == request.get_host()
    return current.path if is_ours and current.path.startswith(reverse("admin:index")) else url


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """The browser's next page. htmx, which sends the dialogs, would follow a plain redirect
    inside the dialog and empty it."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
