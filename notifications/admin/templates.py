"""Templates in the admin: their texts, fields, versions, and how many SMS they take."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from core.admin.pages import ModelAdmin
from identity.actors import actor_of
from notifications.admin.settings_preview import shown_as_typed
from notifications.content import sms_segments
from notifications.content.fields import (
    DIGEST_FIELDS,
    EMAIL_FIELDS,
    ORDER_FIELDS,
    PARCEL_FIELDS,
    SAMPLE,
    fields_for,
)
from notifications.content.rendering import render
from notifications.models import Template, TemplateVersion
from notifications.policy import template_versions


def _listed(fields: dict[str, str]) -> str:
    return ", ".join(f"{{{name}}} ({meaning})" for name, meaning in fields.items())


def _more(fields: dict[str, str]) -> str:
    return _listed({name: text for name, text in fields.items() if name not in ORDER_FIELDS})


@admin.register(Template)
class TemplateAdmin(ModelAdmin):
    """The texts. A field that does not exist is refused when it is typed."""

    list_display = ["occasion", "name", "channel", "language", "subject", "body", "version"]
    list_select_related = ["current"]
    list_filter = ["occasion", "channel", "language"]
    search_fields = ["subject", "body", "name"]
    readonly_fields = ["preview", "version"]
    actions_detail = ["versions"]
    fieldsets = [
        (None, {"fields": [("occasion", "name"), ("channel", "language"), "when_unknown"]}),
        (
            "Words",
            {
                "fields": ["subject", "body", "html", ("preview", "version")],
                "description": f"Of an order: {_listed(ORDER_FIELDS)}. "
                f"With a parcel also: {_more(PARCEL_FIELDS)}. "
                f"Of several parcels: {_listed(DIGEST_FIELDS)}. "
                "To many: {user_name}. "
                f"By e-mail also: {_listed(EMAIL_FIELDS)}.",
            },
        ),
    ]

    change_form_after_template = "admin/notifications/template_preview.html"

    class Media:
        js = ("notifications/segments.js",)

    def get_urls(self) -> list[Any]:
        """The preview of what is typed, before Django's own."""
        page = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", page, name="notifications_template_preview"), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """A text that need not be complete, as it would look on a phone; nothing is written.

        Raises PermissionDenied for who sees no templates.
        """
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(
            request, "admin/notifications/template_phone.html", shown_as_typed(request)
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The text, with a count of the SMS that it takes."""
        if db_field.name == "body":
            kwargs["widget"] = UnfoldAdminTextareaWidget({"data-segments": "", "rows": 6})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="Preview, as it was saved")
    def preview(self, template: Template) -> str:
        """The text, filled in for an invented order."""
        fields = fields_for(template.occasion, template.channel)
        known = {name: SAMPLE[name] for name in fields}
        lines = [render(line, known) for line in (template.subject, template.body) if line]
        if template.channel == "sms" and lines:
            lines.append(f"({sms_segments.count(lines[-1])})")
        return "\n".join(lines) or "-"

    @admin.display(description="version")
    def version(self, template: Template) -> str:
        """Which of its versions is used."""
        return str(template.current.number) if template.current else "-"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Messages name the version that they were made from: texts are changed, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Template, form: Any, change: bool) -> None:
        """Save it as a new version."""
        template_versions.save(obj, by=actor_of(request))

    def has_look_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may see templates."""
        return bool(self.has_view_permission(request))

    @action(description="Versions", icon="history", permissions=["look"], url_path="versions")
    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All versions, with what each changed; a POST makes one of them current."""
        template = get_object_or_404(Template, pk=object_id)
        if request.method == "POST":
            return self._make_current(request, template)
        context = {
            "title": f"Versions: {template}",
            "changes": template_versions.history(template),
            "may_change": self.has_change_permission(request),
            "back": reverse("admin:notifications_template_change", args=[template.pk]),
        }
        return TemplateResponse(
            request,
            "admin/notifications/versions.html",
            {**self.admin_site.each_context(request), **context},
        )

    def _make_current(self, request: HttpRequest, template: Template) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        key = str(request.POST.get("version", ""))
        versions = TemplateVersion.objects.filter(template=template)
        version = versions.filter(pk=key if key.isdecimal() and len(key) < 19 else 0).first()
        if version is None:
            self.message_user(request, "Choose one of its versions.", messages.ERROR)
            return redirect(request.path)
        try:
            template_versions.make_current(template, version)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect(request.path)
        self.log_change(request, template, f"Made version {version.number} current.")
        self.message_user(request, f"Version {version.number} is used now.", messages.SUCCESS)
        return redirect(request.path)
