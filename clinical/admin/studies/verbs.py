"""The buttons of a study's page, and the actions on many studies."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from clinical import services
from clinical.admin.studies.dialogs import (
    AmendForm,
    CancelForm,
    EnterInErrorForm,
    ReportForm,
    SignForm,
)
from clinical.admin.studies.rows import StudyRows, person_at
from clinical.models import Study
from clinical.reading import reports, worklist
from clinical.states import STUDY, WAITING, StudyState
from core.admin.dialogs import go_to
from core.values.keys import is_key
from identity.actors import actor_of

CHANGE = "clinical.change_study"
WAITS = StudyState.PERFORMED  # on pages of no study: whoever may take any


class StudyVerbs(StudyRows):
    """What can be done with a study, where its state allows it."""

    actions = ["perform_selected", "cancel_selected", "enter_in_error"]
    actions_detail = [
        "take",
        "release",
        "perform",
        "write_report",
        "sign",
        "amend",
        "cancel",
        "enter_one_in_error",
    ]

    def _may(self, request: HttpRequest, key: Any, to: StudyState, permission: str) -> bool:
        """Whether this person may, and the study can go to that state."""
        if not request.user.has_perm(permission):
            return False
        return key is None or to in STUDY.transitions.get(self._state_of(request, key), frozenset())

    def _state_of(self, request: HttpRequest, key: Any) -> str:
        return self._known(request, key)[0]

    def _known(self, request: HttpRequest, key: Any) -> tuple[str, int | None]:
        """State and reader of the study that the page is about; read once for all its buttons."""
        known: dict[str, Any] = request.__dict__.setdefault("studies_known", {})
        if str(key) not in known:
            rows = Study.objects.filter(pk=key) if is_key(key) else Study.objects.none()
            known[str(key)] = rows.values_list("state", "reader_id").first() or ("", None)
        state, reader = known[str(key)]
        return state, reader

    def has_take_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it waits, and nobody has taken it."""
        if not request.user.has_perm(CHANGE):
            return False
        state, reader = self._known(request, object_id) if object_id else (WAITS, None)
        return state in WAITING and reader is None

    def has_release_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether somebody has taken it."""
        if not request.user.has_perm(CHANGE):
            return False
        return object_id is None or self._known(request, object_id)[1] is not None

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
        description="Take",
        icon="back_hand",
        permissions=["take"],
        dialog={
            "title": "Take this study?",
            "description": "Nobody else reports it until you sign it or give it back.",
            "form_submit_text": "Take it",
        },
    )
    def take(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Take it from the worklist."""
        reader = person_at(request)
        return self._one(request, object_id, lambda s: worklist.take(s, reader=reader))

    @action(
        description="Give back",
        icon="undo",
        permissions=["release"],
        dialog={
            "title": "Give this study back to the worklist?",
            "description": "Whoever has taken it holds it no more.",
            "form_submit_text": "Give it back",
        },
    )
    def release(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Give it back to the worklist."""
        by = actor_of(request)
        return self._one(request, object_id, lambda s: worklist.release(s, by=by))

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
        number, signer = form.cleaned_data["number"], person_at(request)
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
        given, signer = form.cleaned_data, person_at(request)
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
        reason, signer = form.cleaned_data["reason"], person_at(request)
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

    @admin.action(description="Performed: to be read", permissions=["change"])
    def perform_selected(
        self, request: HttpRequest, queryset: QuerySet[Study]
    ) -> HttpResponse | None:
        """They were taken."""
        by = actor_of(request)
        return self.each(request, queryset, lambda s: services.perform_study(s, by=by), "Performed")

    @admin.action(description="Cancelled, not taken", permissions=["change"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Study]
    ) -> HttpResponse | None:
        """They will not be taken."""
        by = actor_of(request)
        return self.each(request, queryset, lambda s: services.cancel_study(s, by=by), "Cancelled")

    @admin.action(description="Entered in error: take off the record", permissions=["change"])
    def enter_in_error(
        self, request: HttpRequest, queryset: QuerySet[Study]
    ) -> HttpResponse | None:
        """Take those off the record that nobody has signed."""
        by = actor_of(request)
        return self.each(
            request, queryset, lambda s: services.delete_study(s, by=by), "Taken off the record"
        )
