"""A message to one customer: written on a page of its own, previewed, sent."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core.forms import CharField, TextField
from customers.models import Customer
from identity.actors import actor_of
from notifications.channels import channels
from notifications.composition.direct import compose, usual_channel
from notifications.composition.preview import due_text
from notifications.content import sms_segments
from notifications.content.rendering import LONGEST_MESSAGE, LONGEST_SUBJECT
from notifications.models import DailyCost, Notification, Occasion, Template
from notifications.policy.channel_selection import routes_to
from notifications.services import notify


class MessageForm(forms.Form):
    """The text and the channel. Refused when it is typed."""

    key = forms.UUIDField(widget=forms.HiddenInput)  # sent twice, it is written once
    channel = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Only what reaches this customer.",
    )
    template = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="In place of a text: its words, in the customer's language.",
    )
    subject = CharField(
        required=False,
        max_length=LONGEST_SUBJECT,
        widget=UnfoldAdminTextInputWidget,
        help_text="An e-mail needs one; an SMS has no place for it.",
    )
    message = TextField(
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=UnfoldAdminTextareaWidget({"data-segments": "", "rows": 6}),
    )

    class Media:
        js = ("notifications/segments.js",)

    def __init__(self, customer: Customer, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.customer = customer
        open_routes = [name for name, route in routes_to(customer).items() if not route.obstacle]
        labels = [(name, channels()[name].label) for name in open_routes]
        fields: Any = self.fields
        fields["channel"].choices = [("", _default(customer, labels)), *labels]
        fields["template"].choices = [("", "none: the text below"), *_names()]

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError for what could not be sent; else keep the row that would be."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.row, self.policy = compose(self.customer, **self.content)
        except ValidationError as error:
            raise ValidationError(_by_field(error, self.fields)) from error
        if self.row.channel == "email" and not (cleaned["subject"] or cleaned["template"]):
            raise ValidationError({"subject": "It goes by e-mail: write a subject."})
        return cleaned

    @property
    def content(self) -> dict[str, Any]:
        """What `notify` is given."""
        names = ("channel", "template", "subject", "message")
        return {name: self.cleaned_data[name] for name in names}


def _default(customer: Customer, labels: list[tuple[str, str]]) -> str:
    """By which channel it goes when none is named, and whose choice that is."""
    known = dict(labels)
    if customer.channel in known:
        return f"{known[customer.channel]}, which they chose"
    last = usual_channel(customer)
    if last in known:
        return f"{known[last]}, as the last message to them (they chose none)"
    return f"{labels[0][1]} (they chose none)" if labels else "none reaches them"


def _names() -> list[tuple[str, str]]:
    templates = Template.objects.filter(occasion=Occasion.MAILING).exclude(name="").order_by("name")
    return [(name, name) for name in templates.values_list("name", flat=True).distinct()]


def _by_field(error: ValidationError, fields: Any) -> dict[str, list[str]]:
    """The messages by field; those of what is no field of the form stand above it."""
    errors: dict[str, list[str]] = {}
    for name, texts in error.message_dict.items():
        errors.setdefault(name if name in fields else "__all__", []).extend(texts)
    return errors


@action(
    description="Write a message",
    icon="edit_square",
    url_path="write-a-message",
    permissions=["write_message"],
    variant=ActionVariant.PRIMARY,
)
def write_message(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The form; a POST previews the message, or sends it."""
    customer = get_object_or_404(Customer, pk=object_id)
    back = reverse("admin:customers_customer_change", args=[customer.pk])
    data = request.POST if request.method == "POST" else None
    form = MessageForm(customer, data, initial={"key": uuid.uuid4()})
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": f"Write to {customer.name}",
        "form": form,
        "back": back,
        "draws_something_new": True,
    }
    if form.is_valid():
        if request.POST.get("do") == "send":
            return _send(page, request, form, back)
        context |= _previewed(form)
    return TemplateResponse(request, "admin/notifications/write_message.html", context)


def _previewed(form: MessageForm) -> dict[str, Any]:
    row: Notification = form.row
    return {
        "row": row,
        "when": due_text(row, form.policy.window),
        "takes": str(sms_segments.count(row.message)) if row.channel == "sms" else "",
        "cost": DailyCost.objects.likely(
            row.channel, 1, sms_segments.segments_of(row.channel, row.message)
        ),
    }


def _send(page: Any, request: HttpRequest, form: MessageForm, back: str) -> HttpResponse:
    key = str(form.cleaned_data["key"])
    row = notify(form.customer, **form.content, by=actor_of(request), key=key)
    if row.state == "suppressed":
        page.message_user(request, f"Nothing is sent: {row.last_error}", "WARNING")
    else:
        text = row.last_error or f"The {row.get_channel_display()} is on its way."
        page.message_user(request, text, "SUCCESS")
    return redirect(back)


def may_write_message(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whoever may write messages to the customers that they see."""
    allowed: bool = request.user.has_perm("notifications.add_notification")
    return allowed and bool(page.has_view_permission(request))
