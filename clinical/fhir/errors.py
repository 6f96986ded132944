"""Errors of our views, as OperationOutcomes."""

from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.response import Response

from clinical.fhir.outcomes import outcome_of
from core.api.errors import exception_handler


class PageExpiredError(APIException):
    """410: there was such a page."""

    status_code = 410
    default_code = "gone"
    default_detail = "This page is not there any more. Search anew."


def handle(error: Exception, context: Any) -> Response | None:
    """The answer to an error: as everywhere, in FHIR's words."""
    answer = exception_handler(error, context)
    if answer is not None:
        answer.data = outcome_of(answer.status_code, answer.data["errors"])
    return answer
