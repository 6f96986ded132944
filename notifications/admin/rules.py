"""Rules in the admin, with what they would come to for a real order."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.live_preview import LivePreview
from core.admin.overview.panels import Line
from core.admin.pages import ModelAdmin
from core.bases import ModelForm
from core.forms import TokenField
from core.values.keys import is_key
from core.values.text import reference
from notifications.admin.settings_preview import rule_lines
from notifications.composition.preview import preview
from notifications.models import ANNOUNCED_OCCASIONS, Rule
from orders.models import Order


class PreviewForm(forms.Form):
    """Which order, and what happens to it."""

    number = TokenField(
        label="Order number",
        max_length=24,
        widget=UnfoldAdminTextInputWidget({"placeholder": "co-1"}),
    )
    occasion = forms.ChoiceField(
        label="Event", choices=ANNOUNCED_OCCASIONS, widget=UnfoldAdminSelectWidget
    )

    def clean_number(self) -> Order:
        """The order. Raises ValidationError when there is none."""
        number = reference(self.cleaned_data["number"])
        order = Order.objects.select_related("customer").filter(number=number).first()
        if order is None:
            raise forms.ValidationError("There is no order with this number.")
        return order


ALIKE = ("unique", "unique_together")


class TypedRule(ModelForm):
    """A rule as it is typed. Whether there is such a one already is asked when it is saved."""

    class Meta:
        model = Rule
        fields = ["occasion", "product_kind", "kit_type", "channel", "template_name"]
        fields += ["is_active", "valid_from", "valid_until"]

    def problems(self) -> list[str]:
        """What is wrong with it."""
        errors = (error for errors in self.errors.as_data().values() for error in errors)
        wrong = [error for error in errors if error.code not in ALIKE]
        return [str(text) for error in wrong for text in error.messages]


@admin.register(Rule)
class RuleAdmin(LivePreview, ModelAdmin):
    """By which channel which event is announced. The most specific active rule wins."""

    list_display = [
        "occasion",
        "product_kind",
        "kit_type",
        "channel",
        "template_name",
        "is_active",
        "valid_from",
        "valid_until",
    ]
    list_filter = ["occasion", "channel", "is_active"]
    search_fields = ["kit_type", "occasion"]
    actions_list = ["try_on_an_order"]
    fieldsets = [
        (None, {"fields": ["occasion", ("product_kind", "kit_type")]}),
        ("Then", {"fields": [("channel", "template_name")]}),
        ("When", {"fields": ["is_active", ("valid_from", "valid_until")]}),
    ]

    def preview_lines(self, request: HttpRequest) -> list[Line]:
        """What the latest orders would hear with the rule that is typed."""
        if not request.user.has_perm("orders.view_order"):
            return [Line("Who may see orders sees here what they would hear.")]
        key = request.POST.get("preview_of", "")
        saved = Rule.objects.filter(pk=key).first() if is_key(key) else None
        typed = TypedRule(request.POST, instance=saved)
        if problems := typed.problems():
            return [Line(text, state="check", colour="danger") for text in problems]
        if not typed.instance.is_active:
            return [Line("It is not active: nothing changes.")]
        return rule_lines(typed.instance)

    def has_try_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may see rules and orders."""
        return self.has_view_permission(request) and request.user.has_perm("orders.view_order")

    @action(
        description="Try on an order",
        url_path="try-on-an-order",
        icon="preview",
        permissions=["try"],
    )
    def try_on_an_order(self, request: HttpRequest) -> HttpResponse:
        """The message that a customer would get about an order, and why."""
        form = PreviewForm(request.GET if "number" in request.GET else None)
        context: dict[str, Any] = {"title": "Try the rules on an order", "form": form}
        if form.is_valid():
            order = form.cleaned_data["number"]
            hidden = not request.user.has_perm("customers.view_customer")
            context["order"] = order
            context["shown"] = preview(order, form.cleaned_data["occasion"], hidden=hidden)
        return TemplateResponse(
            request,
            "admin/notifications/rule_preview.html",
            {**self.admin_site.each_context(request), **context},
        )
