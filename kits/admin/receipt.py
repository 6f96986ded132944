"""The page at which a laboratory scans what comes in: one field, and what is seen of the kit."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action

from core.admin.dialogs import REFUSALS, refusal_text
from core.forms import TokenField
from identity.actors import actor_of
from kits import services
from kits.laboratory import receipt
from kits.values.reasons import Condition, Reason, is_final
from shipping.admin.read_only import ReadOnlyAdmin

MAY_RECEIVE = "kits.receive_kit"
SCAN = "Choose what you see, and scan the kit."
_CLASS = "bench-scan w-full"
_SELECT = forms.Select(attrs={"class": _CLASS})


class ReceiptForm(forms.Form):
    """What is seen of the kit, then its serial: the scanner's line end sends the form."""

    condition = forms.ChoiceField(choices=Condition.choices, widget=_SELECT)
    reason = forms.ChoiceField(
        choices=[("", "accepted"), *Reason.choices], required=False, widget=_SELECT, label="Outcome"
    )
    serial = TokenField(
        max_length=200,
        label="Scan the kit",
        widget=forms.TextInput(
            attrs={"class": _CLASS, "autofocus": True, "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class ReceiptAdmin(ReadOnlyAdmin):
    """A button above the list of kits."""

    def has_receipt_permission(self, request: HttpRequest) -> bool:
        """Whether this person receives kits."""
        return request.user.has_perm(MAY_RECEIVE)

    @action(
        description="Receive kits",
        icon="inventory",
        permissions=["receipt"],
        url_path="receipt",
    )
    def receipt(self, request: HttpRequest) -> HttpResponse:
        """The page; a POST is a scan. Raises PermissionDenied for who receives none."""
        if not self.has_receipt_permission(request):
            raise PermissionDenied
        form, level, text = ReceiptForm(), "next", SCAN
        if request.method == "POST":
            form = ReceiptForm(request.POST)
            level, text = _received(form, by=actor_of(request))
            # The next kit is seen anew: only its condition is likely the same.
            form = ReceiptForm(initial={"condition": form.data.get("condition", "")[:4]})
        context = self.admin_site.each_context(request) | {
            "title": "Receive kits",
            "opts": self.opts,
            "form": form,
            "level": level,
            "text": text,
            "draws_something_new": True,
        }
        return TemplateResponse(request, "admin/kits/receipt.html", context)


def _received(form: ReceiptForm, *, by: str) -> tuple[str, str]:
    """Level and text of the feedback."""
    if not form.is_valid():
        return "stop", " ".join(str(text) for texts in form.errors.values() for text in texts)
    given: dict[str, Any] = form.cleaned_data
    seen = receipt.Receipt(given["condition"], given["reason"])
    try:
        kit = receipt.receive(services.find(given["serial"]), seen, by=by)
    except REFUSALS as refused:
        return "stop", refusal_text(refused)
    if not kit.reason:
        return "done", f"Kit {kit} is accepted."
    what = "for good: it can be sent anew" if is_final(kit.reason) else "and waits for its person"
    return "done", f"Kit {kit} is rejected {what}."
