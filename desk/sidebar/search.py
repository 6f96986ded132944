"""The search of the sidebar, as the theme does it."""

from django.contrib import admin
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse

from core.values.keys import is_key


@admin.site.admin_view
def search(request: HttpRequest) -> HttpResponse:
    """The pages that fit. Raises Http404 for a page of them that is none."""
    if not is_key(request.GET.get("page", "1")):
        raise Http404("There is no such page.")
    try:
        answer: HttpResponse = admin.site.search(request)  # type: ignore[attr-defined]  # the theme's
    except InvalidPage as error:
        raise Http404("There is no such page.") from error
    return answer
