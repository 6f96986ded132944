"""What staff decide: which events are announced, how often, and who has opted out."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.admin.live_preview import LivePreview
from core.admin.overview.panels import Line
from core.admin.pages import LargeTableAdmin, ModelAdmin
from core.admin.read_only import ReadOnly
from customers.models import Customer
from customers.values.phone_numbers import numbers
from identity.actors import actor_of
from notifications.admin.settings_preview import quiet_lines
from notifications.channels import address_key
from notifications.models import Consent, Limits, OptOut, Topic
from notifications.policy.opt_outs import note_preferences, opt_in, opt_out


@admin.register(Topic)
class TopicAdmin(ModelAdmin):
    """Which events are announced to customers. The events are given; staff switch them."""

    list_display = ["occasion", "is_on", "critical"]
    readonly_fields = ["occasion"]
    fields = ["occasion", "is_on", "critical"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """All there are, are there."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are switched off instead."""
        return False


@admin.register(Limits)
class LimitsAdmin(LivePreview, ModelAdmin):
    """How many messages a customer gets, and when: one row."""

    fieldsets = [
        (
            "Quiet hours",
            {
                "fields": [("quiet_from", "quiet_until")],
                "description": "What falls into them waits for their end. Critical messages pass.",
            },
        ),
        (
            "How much",
            {"fields": ["messages_per_day", "duplicate_minutes", "digest_minutes"]},
        ),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row."""
        return False

    def preview_lines(self, request: HttpRequest) -> list[Line]:
        """When messages would go that come up at some hours of a customer's day."""
        form = self.get_form(request)(request.POST)
        if not form.is_valid():
            texts = [text for texts in form.errors.values() for text in texts]
            return [Line(text, state="check", colour="danger") for text in texts]
        return quiet_lines(form.cleaned_data)

    has_delete_permission = TopicAdmin.has_delete_permission

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The one row itself."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        Limits.objects.get_or_create(pk=1)
        return redirect("admin:notifications_limits_change", 1)


@admin.register(OptOut)
class OptOutAdmin(ModelAdmin):
    """Who wants no more messages. Deleting one lets messages through again."""

    nothing_here = "Nobody has said that they want to hear no more."
    list_display = ["created_at", "channel", "recipient", "reason"]
    list_filter = ["channel"]
    search_fields = ["recipient"]
    fields = ["channel", "recipient", "reason"]

    def has_change_permission(self, request: HttpRequest, obj: OptOut | None = None) -> bool:
        """An opt-out is there or not."""
        return False

    def save_model(self, request: HttpRequest, obj: OptOut, form: Any, change: bool) -> None:
        """Record it, and suppress what waits."""
        by = actor_of(request)
        made = opt_out(obj.channel, obj.recipient, reason=obj.reason, by=by, how=Consent.How.STAFF)
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: OptOut) -> None:
        """Let messages through again, on record."""
        opt_in(obj.channel, obj.recipient, reason="deleted by staff", by=actor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[OptOut]) -> None:
        """The same for each of them."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(Consent)
class ConsentAdmin(ReadOnly, LargeTableAdmin):
    """Who agreed or objected to what, when and how."""

    nothing_here = "Nobody has agreed or said no to anything yet."
    list_display = ["at", "customer", "kind", "channel", "recipient", "how", "actor", "detail"]
    list_filter = ["kind", "how"]
    linked_by = ["customer"]
    list_select_related = ["customer"]
    ordering = ["-id"]
    sortable_by: list[str] = []
    search_help_text = "The phone number or e-mail address, whole."

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """The steps of one address."""
        return queryset.filter(recipient__in={address_key(text), *numbers(text)})


def preferences_changed(request: HttpRequest, customer: Customer, before: dict[str, str]) -> None:
    """Record what staff changed on a customer's page."""
    note_preferences(customer, before, by=actor_of(request), how=Consent.How.STAFF)
