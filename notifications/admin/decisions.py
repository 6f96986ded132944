"""What staff decide: by which channel, in which words, and whom not to write to."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from notifications.consent import opt_out
from notifications.models import OptOut, Rule, Template
from notifications.rendering import FIELDS, ORDER_FIELDS, PARCEL_FIELDS, SAMPLE, render
from orders.admin.actors import actor_of


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    """By which channel customers hear of what. The most specific active rule wins."""

    list_display = ["occasion", "product_kind", "kit_type", "channel", "is_active"]
    list_filter = ["occasion", "channel", "is_active"]
    search_fields = ["kit_type", "occasion"]


def _listed(fields: dict[str, str]) -> str:
    return ", ".join(f"{{{name}}} ({meaning})" for name, meaning in fields.items())


@admin.register(Template)
class TemplateAdmin(ModelAdmin):
    """The words. A field that does not exist is refused when it is typed."""

    list_display = ["occasion", "channel", "subject", "body", "when_unknown"]
    list_filter = ["occasion", "channel"]
    search_fields = ["subject", "body"]
    readonly_fields = ["preview"]
    fieldsets = [
        (None, {"fields": ["occasion", "channel", "when_unknown"]}),
        (
            "Words",
            {
                "fields": ["subject", "body", "preview"],
                "description": f"Always: {_listed(ORDER_FIELDS)}. "
                f"With a parcel also: {_listed(PARCEL_FIELDS)}.",
            },
        ),
    ]

    @admin.display(description="Preview, as it was saved")
    def preview(self, template: Template) -> str:
        """The words, filled in for an invented order."""
        known = {name: SAMPLE[name] for name in FIELDS}
        lines = (template.subject, template.body)
        return "\n".join(render(line, known) for line in lines if line) or "-"


@admin.register(OptOut)
class OptOutAdmin(ModelAdmin):
    """Who wants no more messages. Deleting one lets messages through again."""

    list_display = ["created_at", "channel", "recipient", "reason"]
    list_filter = ["channel"]
    search_fields = ["recipient"]
    fields = ["channel", "recipient", "reason"]

    def has_change_permission(self, request: HttpRequest, obj: OptOut | None = None) -> bool:
        """An opt-out is there or not."""
        return False

    def save_model(self, request: HttpRequest, obj: OptOut, form: Any, change: bool) -> None:
        """Record it, and suppress what waits."""
        made = opt_out(obj.channel, obj.recipient, reason=obj.reason, by=actor_of(request))
        obj.pk = made.pk
