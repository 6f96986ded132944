"""The rules for which provider an order goes by, and what they make of real orders."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin.dialogs import go_to
from core.admin.pages import ModelAdmin
from core.bases import ModelForm
from core.forms import TokenField
from core.values.text import reference
from customers.values.countries import countries
from orders.models import Order
from shipping import providers
from shipping.models import RoutingRule
from shipping.routing import router
from shipping.routing.router import Router

LATEST = 50
SHOWN = 10


def latest_orders() -> list[Order]:
    """The newest orders with a parcel, and what the rules look at."""
    ships = Order.objects.exclude(delivery_service="").exclude(line_1="")
    return list(ships.order_by("-id").prefetch_related("lines__product")[:LATEST])


def changes(rule: RoutingRule) -> list[tuple[Order, str, str]]:
    """The latest orders that go otherwise with the rule than without: order, without, with."""
    now, orders = Router.load(), latest_orders()
    without, with_it = now.without(rule), now.with_rule(rule)
    both = [(o, without.route(o).provider, with_it.route(o).provider) for o in orders]
    return [(order, before, after) for order, before, after in both if before != after]


def as_lines(changed: Sequence[tuple[Order, str, str]]) -> str:
    """At most ten of them, a line each."""
    if not changed:
        return "none"
    lines = format_html_join("", "<div>{}: {} → {}</div>", changed[:SHOWN])
    more = len(changed) - SHOWN
    return format_html_join("", "{}", [(lines,), (f"and {more} more" if more > 0 else "",)])


class RuleForm(ModelForm):
    """Only what exists can be chosen."""

    provider = forms.ChoiceField(
        choices=lambda: [(name, name) for name in providers.names()],
        widget=UnfoldAdminSelectWidget,
    )
    country = forms.ChoiceField(
        choices=lambda: [("", "any"), *countries().items()],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def clean_provider(self) -> str:
        """Raise ValidationError for one that would carry nothing."""
        name: str = self.cleaned_data["provider"]
        if why := Router.load().usable[name]:
            raise forms.ValidationError(f"{name} cannot be used: {why}.")
        return name


class ImpactPreview(BaseDialogForm):
    """Shows which of the latest orders would go otherwise, and asks."""

    form_before_template = "admin/shipping/effect.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """What the rule changes."""
        rule = get_object_or_404(RoutingRule, pk=object_id)
        return {"changes": changes(rule)[:SHOWN], "looked_at": LATEST, "rule": rule}


class NumberForm(forms.Form):
    """Which order."""

    number = TokenField(
        max_length=24,
        label="Order",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "co-1"}),
    )

    def clean_number(self) -> str:
        """Raise ValidationError when there is no such order."""
        number = reference(self.cleaned_data["number"])
        if not Order.objects.filter(number=number).exists():
            raise forms.ValidationError("There is no order with this number.")
        return number


@admin.register(RoutingRule)
class RoutingRuleAdmin(ModelAdmin):
    """Typed first, looked at, and only then put to use."""

    nothing_here = "Without rules, parcels go by the provider of the settings."
    form = RuleForm
    list_display = ["name", "shown_use", "priority", "asks_for", "provider"]
    list_filter = ["is_active", "provider"]
    ordering = ["priority", "id"]
    sortable_by: list[str] = []
    readonly_fields = ["is_active", "effect"]
    actions_list = ["try_an_order"]
    actions_detail = ["activate", "deactivate"]
    fieldsets = [
        (None, {"fields": ["name", ("provider", "priority"), "is_active"]}),
        (
            "Which orders",
            {
                "fields": [
                    ("country", "delivery_service"),
                    ("kind", "share"),
                    ("weight_from", "weight_below"),
                ]
            },
        ),
        (f"What it changes for the latest {LATEST} orders", {"fields": ["effect"]}),
    ]

    @display(description="in use", boolean=True)
    def shown_use(self, rule: RoutingRule) -> bool:
        """Whether orders go by it."""
        return rule.is_active

    @display(description="orders")
    def asks_for(self, rule: RoutingRule) -> str:
        """Its conditions, in words."""
        return ", ".join(router.conditions(rule)) or "every order"

    @display(description="orders that go otherwise with it")
    def effect(self, rule: RoutingRule) -> str:
        """As it is saved, whether it is in use or not."""
        return as_lines(changes(rule)) if rule.pk else "Save it first: it is not in use by that."

    def has_use_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may put it to use, and it is not."""
        return self._may(request, object_id, active=False)

    def has_aside_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may put it aside, and it is in use."""
        return self._may(request, object_id, active=True)

    def _may(self, request: HttpRequest, object_id: Any, *, active: bool) -> bool:
        rule = self.get_object(request, str(object_id)) if object_id else None
        fits = rule is None or rule.is_active == active
        return bool(fits and self.has_change_permission(request))

    def has_route_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may see which way an order would go."""
        return bool(
            self.has_view_permission(request) and request.user.has_perm("orders.view_order")
        )

    @action(
        description="Put it to use",
        icon="play_arrow",
        url_path="put_to_use",
        permissions=["use"],
        dialog={
            "title": "Put this rule to use?",
            "form_class": ImpactPreview,
            "form_submit_text": "Put it to use",
        },
    )
    def activate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """From now on orders go by it."""
        return self._switch(request, object_id, on=True)

    @action(
        description="Put it aside",
        icon="pause",
        url_path="put_aside",
        permissions=["aside"],
        dialog={
            "title": "Put this rule aside?",
            "form_class": ImpactPreview,
            "form_submit_text": "Put it aside",
        },
    )
    def deactivate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """From now on it says nothing. Parcels that exist keep their provider."""
        return self._switch(request, object_id, on=False)

    def _switch(self, request: HttpRequest, object_id: str, *, on: bool) -> HttpResponse:
        rule = get_object_or_404(RoutingRule, pk=object_id)
        rule.is_active = on
        rule.save(update_fields=["is_active"])
        text = "Put to use." if on else "Put aside."
        self.log_change(request, rule, text)
        self.message_user(request, f"{rule}: {text}")
        return go_to(request, reverse("admin:shipping_routingrule_change", args=[rule.pk]))

    @action(
        description="Which way would an order go?",
        icon="alt_route",
        url_path="try",
        permissions=["route"],
    )
    def try_an_order(self, request: HttpRequest) -> HttpResponse:
        """The page that says it."""
        return redirect(reverse("admin:shipping_routingrule_route"))

    def get_urls(self) -> list[URLPattern]:
        """With the page that says which way an order would go."""
        view = self.admin_site.admin_view(self.route_view)
        return [path("route/", view, name="shipping_routingrule_route"), *super().get_urls()]

    def route_view(self, request: HttpRequest) -> HttpResponse:
        """By which provider an order would go, and what each rule said."""
        if not self.has_route_permission(request):
            raise PermissionDenied
        form = NumberForm(request.GET or None)
        context = {**self.admin_site.each_context(request), "form": form, "opts": self.opts}
        context["title"] = "Which way would an order go?"
        if form.is_valid():
            orders = Order.objects.prefetch_related("lines__product")
            order = orders.get(number=form.cleaned_data["number"])
            context |= {"order": order, "grams": router.grams(order)}
            context["route"] = Router.load().route(order)
            context["shipments"] = order.shipments.order_by("id")[:SHOWN]
        return TemplateResponse(request, "admin/shipping/route.html", context)
