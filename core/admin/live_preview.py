"""What a setting would come to, shown beside its form while it is typed; nothing is written."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from core.admin.overview.panels import Line
from core.bases import MixinBase


class LivePreview(MixinBase):
    """Comes first among the bases of a page whose form is previewed: it says `preview_lines`."""

    change_form_after_template = "admin/core/live_preview.html"

    def get_urls(self) -> list[Any]:
        """The preview, before Django's own."""
        page = self.admin_site.admin_view(self.preview_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        return [path("preview/", page, name=name), *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What was typed so far would come to. Raises PermissionDenied for who may not look."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        context = {"lines": self.preview_lines(request)}
        return TemplateResponse(request, "admin/core/live_preview_lines.html", context)

    def preview_lines(self, request: HttpRequest) -> Sequence[Line]:
        """What to show of the form that was sent; it need not be complete."""
        raise NotImplementedError
