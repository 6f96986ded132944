"""How the API refuses a caller, in the words of RFC 6750, section 3.

Descriptions are ours, never a part of what was sent: they go into a header.
"""

from collections.abc import Iterable

from rest_framework.exceptions import APIException


class BearerError(APIException):
    """A refusal that says in `WWW-Authenticate` what is wrong with the token."""

    scope = ""

    @property
    def auth_header(self) -> str:
        """The challenge; the exception handler puts it on the answer."""
        parts = [f'error="{self.default_code}"', f'error_description="{self.detail}"']
        if self.scope:
            parts.append(f'scope="{self.scope}"')
        return f"Bearer {', '.join(parts)}"


class InvalidRequestError(BearerError):
    """400: the token was not sent in a way that can be understood."""

    status_code = 400
    default_code = "invalid_request"
    default_detail = "Send the token once, as the header Authorization: Bearer TOKEN."


class InvalidTokenError(BearerError):
    """401: the token is not one of ours, or not good any more. Get a new one."""

    status_code = 401
    default_code = "invalid_token"
    default_detail = "The token is not valid."


class ExpiredTokenError(InvalidTokenError):
    """401: the token was good until it expired."""

    default_detail = "The token has expired."


class InsufficientScopeError(BearerError):
    """403: the token is good, but not for this."""

    status_code = 403
    default_code = "insufficient_scope"

    def __init__(self, needed: Iterable[str]) -> None:
        self.scope = " ".join(needed)
        super().__init__(
            f"This needs the scope {self.scope}." if self.scope else "No scope allows this."
        )


class PersonNeededError(BearerError):
    """403: only a person does this, who answers for it, and this caller is none or may not."""

    status_code = 403
    default_code = "person_needed"
    default_detail = "Only people sign. Send the token of a person who may sign reports."


class ReasonNeededError(APIException):
    """403: the caller may see this, but has not said why (identity/access_log/reasons.py)."""

    status_code = 403
    default_code = "access_reason_needed"
    default_detail = "Say in the header Access-Reason why you look at this patient's data."


class KeysUnavailableError(APIException):
    """503: the token may be good, but the issuer's keys cannot be had to tell."""

    status_code = 503
    default_code = "keys_unavailable"
    default_detail = "The token issuer cannot be reached to check the token. Try again soon."
    wait = 5
