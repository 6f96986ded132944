"""What somebody may do and why, on one page: a question with its answer, and the table of all."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from core.admin.pages import ModelAdmin
from identity.rights import tables
from identity.rights.roles import ROLES, roles_with


class QuestionForm(forms.Form):
    """May they see studies?"""

    verb = forms.ChoiceField(
        label="May they", choices=list(tables.VERBS.items()), widget=UnfoldAdminSelectWidget
    )
    model = forms.ChoiceField(
        label="these",
        choices=lambda: [(name, label) for name, (_, label) in tables.models().items()],
        widget=UnfoldAdminSelectWidget,
    )


class RightsOfPerson(ModelAdmin):
    """A page of a person's with all that they may do."""

    @action(description="What they may do", icon="rule", permissions=["rights"], url_path="rights")
    def rights(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The answer, and the table. Raises Http404 where there is nobody."""
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404
        if not self.has_view_permission(request, person):
            raise PermissionDenied
        sources = tables.of_person(person)
        form = QuestionForm(request.GET if "verb" in request.GET else None)
        context = self.admin_site.each_context(request) | {
            "title": f"What {person} may do",
            "form": form,
            "answer": answer(person, sources, **form.cleaned_data) if form.is_valid() else None,
            "rows": tables.table(sources),
            "verbs": list(tables.VERBS.values()),
            "person": person,
            "obstacle": _obstacle(person),
            "gives_reasons": _gives_reasons(person, sources),
            "back": reverse("admin:identity_user_change", args=[person.pk]),
        }
        return TemplateResponse(request, "admin/identity/rights.html", context)

    def has_rights_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may see staff."""
        return bool(self.has_view_permission(request))


def answer(person: AbstractUser, sources: tables.Sources, verb: str, model: str) -> str:
    """Whether they may, and why or why not."""
    app, name = model.split(".")
    permission, what = f"{app}.{verb}_{name}", tables.models()[model][1].lower()
    asked = f"{tables.VERBS[verb]} {what}"
    givers = sources.get(permission, ())
    if givers and (obstacle := _obstacle(person)):
        return f"No: {person} could {asked}, but {obstacle}"
    if givers == (tables.EVERYTHING,):
        return f"Yes: {person} may {asked}, because superusers may do everything."
    if givers:
        because = " and ".join(_because(giver) for giver in givers)
        return f"Yes: {person} may {asked}, because {because}."
    able = ", ".join(roles_with(permission)) or "none; a group of your own can give it"
    return f"No: {person} may not {asked}. Roles that may: {able}."


def _because(giver: str) -> str:
    if giver == tables.ALONE:
        return "the right was given to them alone"
    return f"the {'role' if giver in ROLES else 'group'} {giver} gives it"


def _obstacle(person: AbstractUser) -> str:
    """What keeps them from all of it."""
    if not person.is_active:
        return "their account is closed: nothing of it counts until it is active again."
    if not person.is_staff:
        return "they are not marked as staff: they cannot sign in to the admin."
    return ""


def _gives_reasons(person: AbstractUser, sources: tables.Sources) -> bool:
    """Whether they see health data, but say why each time: no role of theirs treats patients."""
    roles = person.groups.values_list("name", flat=True)
    treats = any(ROLES[name].treats for name in roles if name in ROLES)
    return "clinical.view_patient" in sources and not treats
