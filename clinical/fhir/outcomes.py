"""OperationOutcome (https://hl7.org/fhir/R4/operationoutcome.html): how FHIR says what went wrong.

Needs no DRF: workers, which load this app too, do not have it in memory.
"""

from typing import Any

MEDIA_TYPE = "application/fhir+json"
Json = dict[str, Any]
# https://hl7.org/fhir/R4/valueset-issue-type.html
ISSUE_TYPES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    410: "deleted",
    411: "required",
    413: "too-long",
    415: "not-supported",
    429: "throttled",
    503: "transient",
}


def outcome(status: int, code: str, detail: str) -> Json:
    """One error, for what fails outside of our views, too."""
    return outcome_of(status, [{"code": code, "detail": detail, "attr": None}])


def outcome_of(status: int, errors: list[Json]) -> Json:
    """Errors in the shape of core/api/errors.py."""
    issues = [_issue(status, each) for each in errors]
    return {"resourceType": "OperationOutcome", "issue": issues}


def _issue(status: int, error: Json) -> Json:
    kind = "exception" if status >= 500 else "processing"
    issue = {
        "severity": "error",
        "code": ISSUE_TYPES.get(status, kind),
        "details": {"coding": [{"code": error["code"]}], "text": error["detail"]},
        "diagnostics": error["detail"],
    }
    # As R4 words it: "For HTTP errors, will be "http." + the parameter name".
    return issue | ({"location": [f"http.{error['attr']}"]} if error["attr"] else {})
