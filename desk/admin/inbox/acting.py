"""The pages on which something is done about a case: one for each action, one for each verb."""

from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path

from core import cases
from core.admin.dialogs import REFUSALS
from core.bases import MixinBase
from core.cases import Action, handling
from core.cases.models import Case
from desk.admin.forms import DecisionForm, decision_form
from desk.admin.inbox import verbs, visits
from desk.admin.inbox.following import address_of, next_case, query_of
from desk.admin.inbox.readable import readable
from desk.exceptions.rights import may
from identity.actors import actor_of
from identity.models import User


class ActingPages(MixinBase):
    """For the page of cases: what is done is shown first, then done; then the next case comes."""

    def get_urls(self) -> list[URLPattern]:
        """A page for each action that any kind has, and for each verb of the case itself."""
        names = dict.fromkeys(action.name for kind in cases.kinds() for action in kind.actions)
        pages: dict[str, Any] = {name: partial(self.act, name=name) for name in names}
        pages |= {name: partial(self.handle, name=name) for name in verbs.NAMES}
        pages["visits"] = self.visits
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(page),
                    name=f"core_case_{name}",
                )
                for name, page in pages.items()
            ),
            *super().get_urls(),
        ]

    def act(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Show what an action will do; do it when it is sent."""
        case = self._case(request, object_id)
        action = cases.kind(case.kind).action(name)
        if action is None:
            raise Http404
        if not may(request.user, action):
            raise PermissionDenied
        subject = cases.subject_of(case)
        if action not in cases.available_actions(case, subject):
            text = f"“{action.label}” is not possible now: this is how things are."
            self.message_user(request, text, messages.WARNING)
            return redirect(address_of(request, case))
        form = decision_form(action, subject, request)
        if request.method == "POST" and form.is_valid() and self._act(request, case, action, form):
            case.refresh_from_db()
            is_over = case.closed_at is not None
            return self._to_next(request, case) if is_over else redirect(address_of(request, case))
        return self._ask(request, case, action, form, subject)

    def handle(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """The same for what is done with the case itself."""
        case = self._case(request, object_id)
        verb = verbs.named(name, cases.kind(case.kind))
        if verb is None:
            raise Http404
        if name not in verbs.allowed(request.user, case):
            raise PermissionDenied
        if name not in verbs.offered(case, request.user):
            text = f"“{verb.label}” is not possible now: this is how things are."
            self.message_user(request, text, messages.WARNING)
            return redirect(address_of(request, case))
        form = decision_form(verb, case, request)
        if request.method == "POST" and form.is_valid() and self._handle(request, case, verb, form):
            is_over = name in verbs.LEAVE_IT
            return self._to_next(request, case) if is_over else redirect(address_of(request, case))
        return self._ask(request, case, verb, form)

    def visits(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who else has it open, for a page that is open: it asks again and again."""
        case, person = self._case(request, object_id), cast(User, request.user)
        context = {"visits": visits.visit(case, person), "case": case}
        newest = case.events.order_by("-id").values_list("pk", flat=True).first()
        context["is_old"] = request.GET.get("seen", "") not in ("", str(newest))
        return render(request, "admin/core/case/visits.html", context)

    def _case(self, request: HttpRequest, object_id: str) -> Case:
        """It. Raises PermissionDenied for whoever sees no cases, Http404 for what they cannot."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        case: Case | None = self.get_object(request, object_id)
        if case is None:
            raise Http404
        return case

    def _act(self, request: HttpRequest, case: Case, action: Action, form: Form) -> bool:
        """Whether it was done; else the form says why not."""
        given = dict(form.cleaned_data)
        decision = {name: given.pop(name) for name in ("reason", "despite_risk") if name in given}
        try:
            outcome = cases.act(case, action, by=actor_of(request), fields=given, **decision)
        except REFUSALS as refused:
            _complain(form, refused)
            return False
        text = f"{case}: “{action.label}” is done. {outcome}".strip()
        self.message_user(request, text, messages.SUCCESS)
        return True

    def _handle(self, request: HttpRequest, case: Case, verb: Action, form: Form) -> bool:
        seen = request.POST.get("seen", case.assignee)[:100]
        try:
            verbs.run(verb, case, by=actor_of(request), given=form.cleaned_data, seen=seen)
        except REFUSALS as refused:
            _complain(form, refused)
            return False
        self.message_user(request, f"{case}: “{verb.label}” is done.", messages.SUCCESS)
        return True

    def _to_next(self, request: HttpRequest, case: Case) -> HttpResponse:
        """To the next case that waits for this person, or to the queue."""
        following = next_case(request, case)
        if following is None:
            self.message_user(request, "Nothing else waits for you here.", messages.INFO)
        return redirect(address_of(request, following))

    def _ask(
        self,
        request: HttpRequest,
        case: Case,
        action: Action,
        form: DecisionForm,
        subject: Any = None,
    ) -> HttpResponse:
        taken = case.assignee not in ("", actor_of(request))
        context = self.admin_site.each_context(request) | {
            "title": f"{action.label}: {case.title}",
            "opts": self.opts,
            "case": case,
            "action": action,
            "said": readable(case.said)[0],
            "preview": action.preview(subject) if subject is not None else "",
            "obstacle": form.obstacle,
            "form": form,
            "taken_by": handling.name_of(case.assignee) if taken else "",
            "back": address_of(request, case),
            "query": query_of(request),
        }
        status = 422 if form.errors else 200
        return render(request, "admin/core/case/act.html", context, status=status)


def _complain(form: Form, refused: Exception) -> None:
    texts = getattr(refused, "messages", [str(refused)])
    form.add_error(None, " ".join(texts))
