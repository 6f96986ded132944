"""What an error looks like outside of DRF, whose own errors are in core/api/errors.py."""

from django.http import HttpRequest, HttpResponse
from django.template import loader

from core.observability.logs import request_id
from core.web import apis


def unreadable(request: HttpRequest, name: str) -> HttpResponse:
    """400 for a list whose address has a filter that cannot be read."""
    title = f"The filter “{name}” cannot be read." if name else "A filter cannot be read."
    advice = (
        "Nothing is shown, for it would not be what was asked for. Open the whole list, and choose "
        "among its filters: this list has none of that name, or none with such a value."
    )
    return page(request, 400, "bad_request", title, advice, whole=request.path)


def page(
    request: HttpRequest, status: int, code: str, title: str, advice: str, *, whole: str = ""
) -> HttpResponse:
    """An error outside DRF: JSON for programs, a page that says what to do next for people.

    `whole` is the address of the list that was asked for in part.
    """
    if apis.is_api(request):
        return apis.error(request, status, code, title)
    context = {"title": title, "advice": advice, "status": status, "request_id": request_id()}
    context |= {"whole": whole}
    return HttpResponse(loader.render_to_string("error.html", context), status=status)
