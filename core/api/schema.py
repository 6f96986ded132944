"""The OpenAPI document over HTTP: made once by each process, since anybody may ask for it."""

import hashlib
from functools import cache
from threading import Lock
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

RENDERERS = {"json": OpenApiJsonRenderer, "yaml": OpenApiYamlRenderer}
_making = Lock()


def _form(request: HttpRequest) -> str:
    """JSON where that is asked for (`?format=json`, or by the header Accept), else YAML."""
    wanted = request.GET.get("format") or request.headers.get("Accept", "")
    return "json" if "json" in wanted else "yaml"


@cache
def _make(form: str) -> bytes:
    renderer = RENDERERS[form]()
    generator: Any = SchemaGenerator  # the package has no types
    document = generator().get_schema(request=None, public=True)
    made = renderer.render(document, renderer.media_type, {})
    return made.encode() if isinstance(made, str) else made


def document(form: str) -> bytes:
    """The document; whoever comes while it is being made waits for it."""
    with _making:
        return _make(form)


def _etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(document(_form(request))).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=300)
@condition(etag_func=_etag)
def schema(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document of this release, or 304 for who has it."""
    form = _form(request)
    media_type = RENDERERS[form].media_type
    headers = {"Vary": "Accept", "Content-Disposition": f'inline; filename="dosette.{form}"'}
    return HttpResponse(document(form), content_type=media_type, headers=headers)
