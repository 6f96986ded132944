"""Errors that the whole API shares, in drf-standardized-errors' shape."""

import sys

from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from drf_standardized_errors.formatter import ExceptionFormatter as StandardFormatter
from drf_standardized_errors.handler import ExceptionHandler as StandardHandler
from drf_standardized_errors.handler import exception_handler as standard_handler
from drf_standardized_errors.types import Error, ExceptionHandlerContext
from psycopg2.errors import ForeignKeyViolation
from rest_framework import exceptions
from rest_framework.exceptions import APIException
from rest_framework.fields import get_error_detail
from rest_framework.response import Response

from core.api.parsers import LONGEST_PLACE
from core.database.sql import is_concurrency_error
from core.risks import UnsafeActionError
from core.web.error_pages import page
from core.workflow import TransitionNotAllowedError

MOST_ERRORS = 20
LONGEST_DETAIL = 500
ALL_THE_SAME = "To do it all the same, send `despite_risk`: true with a `reason`."


class ConflictError(APIException):
    """409: the request is well formed, but what it asks for collides with what is there."""

    status_code = 409
    default_code = "conflict"
    default_detail = "This conflicts with the current state."


class BodyTooLargeError(APIException):
    """413: no webhook is that long."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body may have at most 64 kB."


class ConcurrentChangeError(APIException):
    """503: another transaction was in the way (`is_concurrency_error`); this one was taken back
    whole."""

    status_code = 503
    default_code = "in_the_way"
    default_detail = "Another change of the same was in the way. Nothing was done: send it again."
    wait = 1


class ExceptionFormatter(StandardFormatter):
    """The package's, but at most 20 errors an answer, none of which repeats a whole body."""

    def get_errors(self) -> list[Error]:
        """The first of them."""
        errors: list[Error] = super().get_errors()[:MOST_ERRORS]
        for error in errors:
            error.detail = _short(error.detail, LONGEST_DETAIL)
            error.attr = error.attr and _short(error.attr, LONGEST_PLACE)
        return errors


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


class ExceptionHandler(StandardHandler):
    """The package's, but a 503 that we answer on purpose is no crash: its log has no traceback."""

    def report_exception(self, exc: APIException, response: Response) -> None:
        """Report what nobody foresaw; Django logs a line for the rest, too."""
        if not isinstance(self.exc, APIException):
            super().report_exception(exc, response)


def exception_handler(error: Exception, context: ExceptionHandlerContext) -> Response | None:
    """The answer to an error. What a service refuses is a 400, a collision a 409, not a crash."""
    return standard_handler(_as_answer(error), context)


def _as_answer(error: Exception) -> Exception:
    if isinstance(error, UnsafeActionError):
        return ConflictError(f"{error} {ALL_THE_SAME}", code="unsafe")
    if isinstance(error, TransitionNotAllowedError):
        return ConflictError(str(error), code="illegal_move")
    if is_concurrency_error(error):
        return ConcurrentChangeError()
    if isinstance(error, SuspiciousOperation):  # such as more than 1,000 parameters
        return exceptions.ParseError("The request cannot be read. Send less in it.")
    if isinstance(error, ProtectedError):
        return ConflictError(
            "Other records depend on this one, so it cannot be deleted.", code="in_use"
        )
    if isinstance(error, ValidationError):
        return exceptions.ValidationError(get_error_detail(error))
    if isinstance(error, IntegrityError) and isinstance(error.__cause__, ForeignKeyViolation):
        # Foreign keys are checked at the commit: the other side was deleted, or used, meanwhile.
        return ConflictError(
            "Something this refers to was changed meanwhile. Look again.", code="raced"
        )
    return error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 before any view was reached."""
    advice = "Go back and try again."
    return page(request, 400, "bad_request", "That request makes no sense.", advice)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 of the admin and other pages."""
    advice = "Ask a manager for the right, or sign in as somebody else."
    return page(request, 403, "permission_denied", "You may not do that.", advice)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 of an address that does not exist."""
    advice = "Check the address, or start from the admin's first page."
    return page(request, 404, "not_found", "There is nothing at this address.", advice)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; the text says nothing of the inside. 503 when it is nobody's."""
    if is_concurrency_error(sys.exception()):
        advice = "Somebody else changed the same at that moment. Go back and do it again."
        answer = page(request, 503, "in_the_way", "Nothing was done.", advice)
        answer.headers["Retry-After"] = str(ConcurrentChangeError.wait)
        return answer
    advice = (
        "Nothing was half done. Try again; if it stays, tell the people who run Dosette, with the "
        "number below."
    )
    return page(request, 500, "error", "Something went wrong on our side.", advice)
