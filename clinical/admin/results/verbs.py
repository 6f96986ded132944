"""The buttons of a result's page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action

from clinical.admin.results.dialogs import AcknowledgeForm, AttachForm, ResultForm
from clinical.admin.studies.rows import person_at
from clinical.laboratories import deciding
from clinical.laboratories.releasing import RELEASE, acknowledge
from clinical.models import LabResult
from clinical.states import ResultState
from core.admin.dialogs import REFUSALS, go_to, refusal_text
from core.bases import MixinBase
from core.values.keys import is_key
from identity.actors import actor_of

CHANGE = "clinical.change_labresult"


def _dialog(title: str, description: str, button: str, form: type[ResultForm]) -> dict[str, Any]:
    return {
        "title": title,
        "description": description,
        "form_class": form,
        "form_submit_text": button,
    }


class ResultVerbs(MixinBase):
    """What can be done with a result, where its state allows it."""

    actions_detail = ["acknowledge", "attach", "detach", "set_aside", "reopen"]

    def _may(self, request: HttpRequest, key: Any, right: str, *states: str) -> bool:
        if not request.user.has_perm(right):
            return False
        rows = LabResult.objects.filter(pk=key) if is_key(key) else LabResult.objects.none()
        return key is None or rows.filter(state__in=states).exists()

    def has_acknowledge_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it is held, and this person may release it."""
        return self._may(request, object_id, RELEASE, ResultState.HELD)

    def has_attach_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it is nobody's yet."""
        return self._may(request, object_id, CHANGE, ResultState.UNMATCHED)

    def has_detach_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it is somebody's."""
        return self._may(request, object_id, RELEASE, *deciding.ATTACHED)

    def has_set_aside_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it is nobody's yet."""
        return self._may(request, object_id, CHANGE, ResultState.UNMATCHED)

    def has_reopen_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether it was set aside."""
        return self._may(request, object_id, CHANGE, ResultState.SET_ASIDE)

    @action(
        description="Release",
        icon="signature",
        permissions=["acknowledge"],
        dialog=_dialog(
            "Have you read this result?",
            "You sign for it: it becomes a study of the patient.",
            "I have read it: release it",
            AcknowledgeForm,
        ),
    )
    def acknowledge(self, request: HttpRequest, form: ResultForm, object_id: str) -> HttpResponse:
        """Release the version that was shown."""
        given, signer = form.cleaned_data, person_at(request)
        return self._one(
            request,
            object_id,
            lambda row: acknowledge(row, given["number"], given["reason"], signer=signer),
        )

    @action(
        description="Attach",
        icon="link",
        permissions=["attach"],
        dialog=_dialog(
            "Whose result is it?",
            "It is held until a clinician has seen it. You can take it off again.",
            "Attach it",
            AttachForm,
        ),
    )
    def attach(self, request: HttpRequest, form: ResultForm, object_id: str) -> HttpResponse:
        """It is of that sample."""
        sample = form.cleaned_data["serial"]
        return self._decide(
            request, object_id, form, lambda row, **given: deciding.attach(row, sample, **given)
        )

    @action(
        description="Take it off",
        icon="link_off",
        permissions=["detach"],
        dialog=_dialog(
            "Is it not this person's?",
            "It goes back to the unmatched ones. A study that it has become is taken off the "
            "record, and staff who have seen it are told.",
            "Take it off",
            ResultForm,
        ),
    )
    def detach(self, request: HttpRequest, form: ResultForm, object_id: str) -> HttpResponse:
        """It is not of this sample."""
        return self._decide(request, object_id, form, deciding.detach)

    @action(
        description="Set aside",
        icon="inbox",
        permissions=["set_aside"],
        dialog=_dialog(
            "Is it nobody's?",
            "It stays kept, and is nobody's work any more. You can look at it again.",
            "Set it aside",
            ResultForm,
        ),
    )
    def set_aside(self, request: HttpRequest, form: ResultForm, object_id: str) -> HttpResponse:
        """It is nobody's."""
        return self._decide(request, object_id, form, deciding.set_aside)

    @action(
        description="Look at it again",
        icon="undo",
        permissions=["reopen"],
        dialog=_dialog(
            "Look at it again?",
            "It is matched anew, or waits for somebody to decide.",
            "Look at it again",
            ResultForm,
        ),
    )
    def reopen(self, request: HttpRequest, form: ResultForm, object_id: str) -> HttpResponse:
        """It is decided anew."""
        return self._decide(request, object_id, form, deciding.reopen)

    def _decide(
        self, request: HttpRequest, key: str, form: ResultForm, verb: Callable[..., Any]
    ) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("number", "reason")}
        return self._one(request, key, lambda row: verb(row, by=actor_of(request), **given))

    def _one(
        self, request: HttpRequest, key: str, verb: Callable[[LabResult], Any]
    ) -> HttpResponse:
        """Do it, say so, and show it again."""
        result = get_object_or_404(LabResult, pk=key)
        try:
            verb(result)
        except REFUSALS as refused:
            self.message_user(request, f"{result}: {refusal_text(refused)}", messages.ERROR)
        else:
            state = LabResult.objects.values_list("state", flat=True).get(pk=key)
            self.message_user(request, f"{result}: {state}.", messages.SUCCESS)
        return go_to(request, reverse("admin:clinical_labresult_change", args=[key]))
