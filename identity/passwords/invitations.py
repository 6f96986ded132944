"""How a new colleague comes in: by a link in an e-mail, to a page on which they choose a password.

The link holds its code behind `#`, which browsers send to nobody; a script puts it into the form.
It is valid for PASSWORD_RESET_TIMEOUT, once, and for people who have no password yet.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from core.forms import TokenField
from core.values.keys import is_key
from identity.models import Notice, User
from identity.notices import invitations, note

OVER = "This invitation is over, or was used. Ask whoever invited you for another one."


def may_be_invited(person: User) -> bool:
    """Whether a link would let them in: they have no password yet, and passwords are used here."""
    return settings.PASSWORD_LOGIN and person.is_active and not person.has_usable_password()


def invite(person: User, *, by: User) -> None:
    """Have the link sent to them."""
    note(person, Notice.What.INVITATION, by=by.pk)


def person_of(code: str) -> User | None:
    """Whose invitation this is, while it is valid."""
    key, _, token = code.strip().partition("-")
    person = User.objects.filter(pk=key).first() if is_key(key) else None
    if person is None or not may_be_invited(person):
        return None
    return person if invitations.check_token(person, token) else None


class ChoiceForm(SetPasswordForm):  # type: ignore[type-arg]  # generic for the checker only
    """The code, and the password twice."""

    code = TokenField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
        help_text="From the e-mail, behind the # of the link. It is there already, as a rule.",
    )
    field_order = ["code"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("new_password1", "new_password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget({"autocomplete": "new-password"})

    def clean_code(self) -> str:
        """Raise ValidationError for a code that lets nobody in."""
        if not self.user.pk:
            raise forms.ValidationError(OVER)
        return str(self.cleaned_data["code"])


@method_decorator(never_cache, "dispatch")
class InvitationPage(View):
    """Where somebody who was invited chooses their first password."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Raises Http404 where nobody signs in with a password."""
        if not settings.PASSWORD_LOGIN:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form."""
        return self._page(request, ChoiceForm(User()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set the password, and lead to the sign-in."""
        person = person_of(request.POST.get("code", "")[:200])
        form = ChoiceForm(person or User(), request.POST)
        if not form.is_valid() or person is None:
            return self._page(request, form, status=422)
        person.changed_by = person.pk
        form.save()
        messages.success(request, f"Your password is set. Sign in as {person.username}.")
        return redirect("admin:login")

    def _page(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        context = admin.site.each_context(request) | {"title": "Choose a password", "form": form}
        return render(request, "admin/invitation.html", context, status=status)
