"""The buttons of a study's page, and the actions on many studies."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from clinical import services
from clinical.admin.study_dialogs import (
    AmendForm,
    CancelForm,
    EnterInErrorForm,
    ReportForm,
    SignForm,
)
from clinical.models import Study
from clinical.reading import reports
from clinical.states import STUDY, StudyState
from core.admin.dialogs import go_to, refusal_text
from core.admin.pages import ModelAdmin
from core.values.keys import is_key
from core.workflow import TransitionNotAllowedError
from identity.actors import actor_of
from identity.models import User

MOST_AT_ONCE = 200
CHANGE = "clinical.change_study"


def signer_of(request: HttpRequest) -> User:
    """Who signs: people alone come into the admin."""
    return cast("User", request.user)


class StudyVerbs(ModelAdmin):
    """What can be done with a study, where its state allows it."""

    actions = ["perform_selected", "cancel_selected", "enter_in_error"]
    actions_detail = ["perform", "write_report", "sign", "amend", "cancel", "enter_one_in_error"]

    def _may(self, request: HttpRequest, key: Any, to: StudyState, permission: str) -> bool:
        """Whether this person may, and the study can go to that state."""
        if not request.user.has_perm(permission):
            return False
        return key is None or to in STUDY.transitions.get(self._state_of(request, key), frozenset())

    def _state_of(self, request: HttpRequest, key: Any) -> str:
        """The state of the study that the page is about; read once for all its buttons."""
        states: dict[str, str] = request.__dict__.setdefault("study_states", {})
        if str(key) not in states:
            rows = Study.objects.filter(pk=key) if is_key(key) else Study.objects.none()
            states[str(key)] = rows.values_list("state", flat=True).first() or ""
        return states[str(key)]

    def has_perform_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it can be said that it was taken."""
        return self._may(request, object_id, StudyState.PERFORMED, CHANGE)

    def has_write_report_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether a report can be written, or anew."""
        return self._may(request, object_id, StudyState.REPORTED, CHANGE)

    def has_sign_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether there is a report to be signed."""
        return self._may(request, object_id, StudyState.FINAL, reports.SIGN)

    def has_amend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether there is a signed report."""
        return self._may(request, object_id, StudyState.AMENDED, reports.SIGN)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it is still to be taken."""
        return self._may(request, object_id, StudyState.CANCELLED, CHANGE)

    def has_enter_one_in_error_permission(
        self, request: HttpRequest, object_id: Any = None
    ) -> bool:
        """Whether it is on the record."""
        return self._may(request, object_id, StudyState.ENTERED_IN_ERROR, reports.SIGN)

    @action(
        description="Performed",
        icon="photo_camera",
        permissions=["perform"],
        dialog={
            "title": "Was this study taken?",
            "description": "Its images can be read: it goes to the worklist.",
            "form_submit_text": "It was taken",
        },
    )
    def perform(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """It was taken."""
        by = actor_of(request)
        return self._one(request, object_id, lambda s: services.perform_study(s, by=by))

    @action(
        description="Write the report",
        icon="edit_note",
        permissions=["write_report"],
        dialog={
            "title": "What do the images show?",
            "description": "It may be rewritten until somebody signs it.",
            "form_class": ReportForm,
            "form_submit_text": "Keep this report",
        },
    )
    def write_report(self, request: HttpRequest, form: ReportForm, object_id: str) -> HttpResponse:
        """Keep it as a new version."""
        text, by = form.cleaned_data["text"], actor_of(request)
        return self._one(request, object_id, lambda s: reports.report(s, text, by=by))

    @action(
        description="Sign",
        icon="signature",
        permissions=["sign"],
        dialog={
            "title": "Sign this report?",
            "description": "The study is final then: it is changed by an amendment alone.",
            "form_class": SignForm,
            "form_submit_text": "Sign it",
        },
    )
    def sign(self, request: HttpRequest, form: SignForm, object_id: str) -> HttpResponse:
        """Sign the version that was shown."""
        number, signer = form.cleaned_data["number"], signer_of(request)
        return self._one(request, object_id, lambda s: reports.sign(s, number, signer=signer))

    @action(
        description="Amend",
        icon="edit_document",
        permissions=["amend"],
        dialog={
            "title": "Amend this report?",
            "description": "You sign the new text. The old one is kept, and shown below the study.",
            "form_class": AmendForm,
            "form_submit_text": "Sign the new report",
        },
    )
    def amend(self, request: HttpRequest, form: AmendForm, object_id: str) -> HttpResponse:
        """Replace a signed report by another."""
        given, signer = form.cleaned_data, signer_of(request)
        return self._one(
            request,
            object_id,
            lambda s: reports.amend(s, given["text"], given["reason"], signer=signer),
        )

    @action(
        description="Cancel",
        icon="block",
        permissions=["cancel"],
        dialog={
            "title": "Cancel this study?",
            "description": "It will not be taken.",
            "form_class": CancelForm,
            "form_submit_text": "Cancel the study",
        },
    )
    def cancel(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        """It will not be taken."""
        reason, by = form.cleaned_data["reason"], actor_of(request)
        return self._one(
            request, object_id, lambda s: services.cancel_study(s, by=by, reason=reason)
        )

    @action(
        description="Entered in error",
        icon="delete",
        variant=ActionVariant.DANGER,
        permissions=["enter_one_in_error"],
        dialog={
            "title": "Take this study off the record?",
            "description": "As entered in error: it is shown in this admin alone. No row is "
            "deleted, and it cannot be brought back.",
            "form_class": EnterInErrorForm,
            "form_submit_text": "Take it off the record",
        },
    )
    def enter_one_in_error(
        self, request: HttpRequest, form: EnterInErrorForm, object_id: str
    ) -> HttpResponse:
        """Take it off the record, for the reason typed."""
        reason, signer = form.cleaned_data["reason"], signer_of(request)
        return self._one(
            request, object_id, lambda s: reports.enter_in_error(s, reason, signer=signer)
        )

    def _one(self, request: HttpRequest, key: str, verb: Callable[[Study], Any]) -> HttpResponse:
        """Do it to one study, say so, and show it again."""
        study = get_object_or_404(Study, pk=key)
        if self._tried(request, study, verb):
            state = StudyState(Study.objects.values_list("state", flat=True).get(pk=key)).label
            self.message_user(request, f"{study}: {state.lower()}.", messages.SUCCESS)
        return go_to(request, reverse("admin:clinical_study_change", args=[key]))

    def _tried(self, request: HttpRequest, study: Study, verb: Callable[[Study], Any]) -> bool:
        try:
            verb(study)
        except (TransitionNotAllowedError, ValidationError) as refused:
            self.message_user(request, f"{study}: {refusal_text(refused)}", messages.WARNING)
            return False
        return True

    @admin.action(description="Performed: to be read", permissions=["change"])
    def perform_selected(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        """They were taken."""
        by = actor_of(request)
        self._each(request, queryset, lambda s: services.perform_study(s, by=by))

    @admin.action(description="Cancelled, not taken", permissions=["change"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        """They will not be taken."""
        by = actor_of(request)
        self._each(request, queryset, lambda s: services.cancel_study(s, by=by))

    @admin.action(description="Entered in error: take off the record", permissions=["change"])
    def enter_in_error(self, request: HttpRequest, queryset: QuerySet[Study]) -> None:
        """Take those off the record that nobody has signed."""
        by = actor_of(request)
        self._each(request, queryset, lambda s: services.delete_study(s, by=by))

    def _each(
        self, request: HttpRequest, studies: QuerySet[Study], verb: Callable[[Study], Any]
    ) -> None:
        chosen = studies.order_by("id")[:MOST_AT_ONCE]
        done = sum(self._tried(request, study, verb) for study in chosen)
        self.message_user(request, f"{done} {'study' if done == 1 else 'studies'} changed.")
