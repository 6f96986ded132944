"""The admin's login form, and the forms of the second factor's page."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core.forms import TokenField
from identity.models import SecondFactor, User
from identity.passwords import second_factor

LAPSED = (
    "Your password has lapsed: the sign-in service has not vouched for you lately. Sign in with "
    "your work account, or ask a superuser for a new password."
)
WRONG_CODE = "That code is wrong, or was used already. Wait for the app's next one."


def _code_field(label: str, *, required: bool) -> TokenField:
    attributes = {"autocomplete": "one-time-code", "maxlength": "24", "spellcheck": "false"}
    return TokenField(
        label=label,
        required=required,
        max_length=24,
        widget=UnfoldAdminTextInputWidget(attrs=attributes),
    )


class LoginForm(AuthenticationForm):
    """User name and password, and the code of who has a second factor."""

    code = _code_field("Code of your authenticator app", required=False)
    code.help_text = "If you have set one up. A recovery code does, too."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not SecondFactor.objects.filter(confirmed_at__isnull=False).exists():
            del self.fields["code"]

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """Raise ValidationError for a wrong code, which counts like a wrong password, and for who
        may be gone from the issuer."""
        super().confirm_login_allowed(user)
        if isinstance(user, User) and not second_factor.accepts(user, self._code()):
            credentials = {"username": user.get_username()}
            user_login_failed.send(__name__, credentials=credentials, request=self.request)
            raise ValidationError(
                "The code of your authenticator app is missing or wrong, or was used already.",
                code="wrong_code",
            )
        if isinstance(user, User) and user.password_has_lapsed:
            raise ValidationError(LAPSED, code="lapsed")

    def _code(self) -> str:
        # This runs while the fields are cleaned together, all of them valid by then.
        return str(self.cleaned_data.get("code", ""))


class CodeForm(forms.Form):
    """A code to go on."""

    code = _code_field("Code of your authenticator app", required=True)
