"""The addresses that programs call, and how each of them writes an error from outside its views."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse

# Status, code for programs, text for people -> the answer's body.
Body = Callable[[int, str, str], dict[str, Any]]


def _standardized(status: int, code: str, detail: str) -> dict[str, Any]:
    """The shape of drf-standardized-errors, as everywhere below /api/ (core/api/errors.py)."""
    kind = "server_error" if status >= 500 else "client_error"
    return {"type": kind, "errors": [{"code": code, "detail": detail, "attr": None}]}


_APIS: dict[str, tuple[str, Body]] = {"/api/": ("application/json", _standardized)}


def register(prefix: str, media_type: str, body: Body) -> None:
    """Say that what begins so is for programs, and how an error reads there. Called by apps."""
    _APIS[prefix] = (media_type, body)


def is_api(request: Any) -> bool:
    """Whether the address is one that programs call, with tokens and not with a session."""
    return bool(request.path_info.startswith(tuple(_APIS)))


def error(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    """An error, as the API whose address was asked writes it."""
    prefix = next((each for each in _APIS if request.path_info.startswith(each)), "/api/")
    media_type, body = _APIS[prefix]
    answer = body(status, code, detail)
    return JsonResponse(answer, status=status, headers=headers, content_type=media_type)
