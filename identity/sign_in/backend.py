"""mozilla-django-oidc's authentication backend, with every check that it leaves out."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from identity.models import User
from identity.sign_in import id_token, people
from identity.sign_in.provider import SignInRefusedError, get_as_bearer, post_form, setting


class StaffSignIn(OIDCAuthenticationBackend):
    """Signs a member of staff in with the answer of the issuer."""

    get_settings = staticmethod(setting)

    def __init__(self) -> None:
        # Not the library's: Django makes a backend for every request of somebody signed in, and
        # that must not need the issuer.
        self.UserModel = User
        self.OIDC_RP_CLIENT_ID = settings.OIDC_CLIENT_ID
        self.OIDC_RP_CLIENT_SECRET = settings.OIDC_CLIENT_SECRET
        self.OIDC_OP_TOKEN_ENDPOINT = ""  # asked for when it is needed

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> User | None:
        """The person; None, with the reason in `request.sign_in_refused`, for nobody.

        Only the callback has a nonce and a verifier. Without them this would also listen to a
        `code` in the address of the password form.
        """
        if request is None or not kwargs.get("nonce") or not kwargs.get("code_verifier"):
            return None
        try:
            person: User | None = super().authenticate(request, **kwargs)
        except SignInRefusedError as refusal:
            request.sign_in_refused = refusal  # type: ignore[attr-defined]  # for the view
            return None
        return person

    def get_token(self, payload: dict[str, str]) -> dict[str, Any]:
        """The issuer's tokens for the code. Raises SignInRefusedError."""
        answer = post_form("token_endpoint", payload)
        if not isinstance(answer.get("access_token"), str):
            raise SignInRefusedError(id_token.WRONG)
        self._access_token: str = answer["access_token"]
        return answer

    def verify_token(self, token: object, **kwargs: Any) -> dict[str, Any]:
        """The ID token's claims. Raises SignInRefusedError."""
        return id_token.read(token, nonce=kwargs["nonce"], access_token=self._access_token)

    def get_or_create_user(
        self, access_token: str, id_token: str, payload: dict[str, Any]
    ) -> User | None:
        """The person those claims are about. Raises SignInRefusedError."""
        wanted = {"email", "email_verified", settings.OIDC_GROUPS_CLAIM}
        if not wanted <= set(payload):
            claims = get_as_bearer("userinfo_endpoint", access_token)
            if claims.get("sub") != payload["sub"]:  # OpenID Connect Core 1.0, 5.3.2
                raise SignInRefusedError("The sign-in service speaks of somebody else. Try again.")
            payload = claims | payload
        return people.person_of(payload)

    def get_user(self, user_id: int) -> User | None:
        """Who is signed in; the library's own would let in people who were made inactive."""
        person: User | None = ModelBackend.get_user(self, user_id)
        return person
