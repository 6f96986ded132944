"""What an error looks like outside of DRF, whose own errors are in core/errors.py."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from core.logs import request_id


def page(request: HttpRequest, status: int, code: str, title: str, advice: str) -> HttpResponse:
    """An error outside DRF: JSON for the API, a page that says what to do next for people."""
    if request.path_info.startswith("/api/"):
        kind = "server_error" if status >= 500 else "client_error"
        errors = [{"code": code, "detail": title, "attr": None}]
        return JsonResponse({"type": kind, "errors": errors}, status=status)
    context = {"title": title, "advice": advice, "status": status, "request_id": request_id()}
    return HttpResponse(loader.render_to_string("error.html", context), status=status)
