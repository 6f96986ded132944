"""What a page behind a signed link answers: the same strict page, whatever it asks for."""

import secrets
from collections.abc import Mapping

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

POLICY = (
    "default-src 'none'; style-src 'nonce-%s'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def shown(
    request: HttpRequest,
    texts_and_tag: tuple[Mapping[str, str], str],
    what: str,
    status: int,
    form: BaseForm | None = None,
) -> HttpResponse:
    """The page with the texts of `what`, and the form if there is one; nobody keeps a copy.

    The tag is that of the texts' language, of BCP 47.
    """
    texts, tag = texts_and_tag
    nonce = secrets.token_urlsafe(16)
    context = {
        "language": tag,
        "title": texts[f"{what}_title"],
        "text": texts[what],
        "button": texts["send"],
        "form": form,
        "nonce": nonce,
    }
    answer = render(request, "orders/address.html", context, status=status)
    answer.headers["Content-Security-Policy"] = POLICY % nonce
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
