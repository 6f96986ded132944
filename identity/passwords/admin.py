"""For whoever has to let somebody in again: failed sign-ins, and second factors that are lost."""

from typing import Any, cast

from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from core.admin.dialogs import go_to
from core.admin.pages import ModelAdmin
from identity.models import User
from identity.passwords import second_factor


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ModelAdmin):
    """Names and the addresses they were tried from; deleting a line unlocks it at once."""

    nothing_here = "Nobody has typed a wrong password."
    list_display = ["username", "ip_address", "failures", "attempt_time", "user_agent"]
    search_fields = ["=username", "=ip_address"]
    fields = ["username", "ip_address", "failures", "attempt_time", "user_agent"]
    readonly_fields = fields

    @admin.display(description="wrong passwords", ordering="failures_since_start")
    def failures(self, attempt: AccessAttempt) -> int:
        """How often in a row."""
        return int(attempt.failures_since_start)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """django-axes writes them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        """Nobody; delete it instead."""
        return False


RESET_DIALOG = {
    "title": "Take the second factor away?",
    "description": "The password alone lets this person in until they set up a new one. "
    "Do it only when you have spoken to them.",
    "form_submit_text": "Take it away",
}


class SecondFactorReset(ModelAdmin):
    """Lets a manager help somebody whose phone is gone. The secret is shown to nobody."""

    actions_detail = ["reset_second_factor"]

    @action(
        description="Take the second factor away",
        icon="phonelink_erase",
        variant=ActionVariant.DANGER,
        permissions=["reset_second_factor"],
        dialog=RESET_DIALOG,
    )
    def reset_second_factor(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Take it away; the person's history says who did."""
        person = get_object_or_404(User, pk=object_id)
        if second_factor.remove(person, by=cast(User, request.user)):
            self.log_change(request, person, "Took the second factor away.")
            messages.success(request, f"{person} signs in with the password alone now.")
        return go_to(request, reverse("admin:identity_user_change", args=[object_id]))

    def has_reset_second_factor_permission(
        self, request: HttpRequest, object_id: str | None = None
    ) -> bool:
        """Whether this person has one, may be changed by whoever asks, and is somebody else.

        Their own they remove on their page, with a code: a stolen session has none.
        """
        person = self.get_object(request, str(object_id))
        if person is None or person == request.user or not second_factor.is_set_up(person):
            return False
        return bool(self.has_change_permission(request, person))
