"""The page of a row with its overview: panels above the form, the timeline on a page of its own."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

from core.admin.extensions import Extensible
from core.admin.overview import timeline
from core.admin.overview.panels import shown_panels
from core.bases import MixinBase


class OverviewPage(Extensible, MixinBase):
    """Comes first among the bases of a page that other apps add panels and a timeline to."""

    change_form_outer_before_template = "admin/core/overview/above.html"
    timeline_is_open = False  # its first page is shown at once, where it is what people look for

    def get_urls(self) -> list[Any]:
        """The timeline, before Django's own."""
        page = path(
            "<path:object_id>/timeline/",
            self.admin_site.admin_view(self.timeline_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_timeline",
        )
        return [page, *super().get_urls()]

    def timeline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page of the timeline; only its lines for a page that shows it in its place.

        Raises PermissionDenied for whoever sees no such rows, Http404 for none.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404("There is no such row.")
        lines, following = timeline.read(self.timeline, request, row)
        context = {
            "lines": lines,
            "following": following,
            "timeline_address": self._timeline_of(row),
            "back": reverse(self._named("change"), args=[row.pk]),
        }
        if "HX-Request" in request.headers:
            return TemplateResponse(request, "admin/core/overview/timeline_lines.html", context)
        frame = self.admin_site.each_context(request) | {"title": f"Timeline of {row}"}
        return TemplateResponse(request, "admin/core/overview/timeline.html", frame | context)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with its panels where it is that of a row."""
        row = kwargs.get("obj")
        if row is not None and not context.get("is_popup"):
            context["panels"] = shown_panels(self.panels, request, row)
            context["timeline_address"] = self._timeline_of(row) if self.timeline else ""
            if self.timeline_is_open:
                lines, following = timeline.read(self.timeline, request, row)
                context |= {"timeline_lines": lines, "following": following}
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def _timeline_of(self, row: Any) -> str:
        return reverse(self._named("timeline"), args=[row.pk])

    def _named(self, page: str) -> str:
        return f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"
