"""What the pages of imports and of exports share: whose a job is, its state, and its progress."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import display

from core.admin.dialogs import go_to
from core.admin.list_filters import TimeRangeFilter
from core.admin.pages import LargeTableAdmin
from core.workflow import TransitionNotAllowedError
from transfers.states import STATE_COLOURS


class JobAdmin(LargeTableAdmin):
    """Jobs of their owners. Who may add one sees their own; the right to view sees all."""

    list_display_links = ["created_at"]
    list_select_related = ["owner"]
    list_filter = ["state", ("created_at", TimeRangeFilter)]
    list_filter_submit = True
    ordering = ["-id"]
    sortable_by: list[str] = []

    @property
    def _name(self) -> str:
        return str(self.opts.model_name)

    def _sees_all(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"transfers.view_{self._name}")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """One's own; those of all for who may see all."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows if self._sees_all(request) else rows.filter(owner=request.user.pk)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The job. Raises Http404 for somebody else's, as for one that is not there."""
        job = super().get_object(request, object_id, from_field)
        if job is None:
            raise Http404
        return job

    def search(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Those of one person."""
        return queryset.filter(owner__username__iexact=text)

    @display(description="state", label=STATE_COLOURS)
    def shown_state(self, job: Any) -> tuple[str, str]:
        """The state, in its colour."""
        return job.state, job.get_state_display()

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **more: Any
    ) -> Any:
        """One is asked for at a time, and its page comes next."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **more)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """To its page."""
        return redirect(self._page_of(obj))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page. Its progress bar asks for it until a worker is done: then the browser loads
        all of it."""
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        job = getattr(answer, "context_data", {}).get("original")
        asked = request.headers.get("HX-Trigger") == f"{self._name}-progress"
        if asked and job and not job.is_open:
            answer.headers["HX-Refresh"] = "true"
        return answer

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may see some."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may add one sees their own."""
        if self._sees_all(request):
            return True
        is_own = obj is None or obj.owner_id == request.user.pk
        return is_own and bool(self.has_add_permission(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They stay on record."""
        return False

    def _do(self, request: HttpRequest, job: Any, verb: Callable[[], Any]) -> HttpResponse:
        """Do it to a job, or say why not, and show it again."""
        try:
            verb()
        except TransitionNotAllowedError as error:
            self.message_user(request, str(error), messages.ERROR)
        return go_to(request, self._page_of(job))

    def _page_of(self, job: Any) -> str:
        return reverse(f"admin:transfers_{self._name}_change", args=[job.pk])
