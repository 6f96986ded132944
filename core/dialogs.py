"""Where a dialog of the admin leads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """The browser's next page. htmx, which sends the dialogs, would follow a plain redirect
    inside the dialog and empty it."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
