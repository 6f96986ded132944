"""How answers are written: JSON, and of what was written no more than the caller may read."""

from collections.abc import Mapping
from typing import Any

from rest_framework import renderers
from rest_framework.permissions import SAFE_METHODS

from identity.tokens.permissions import may_read


class JSONRenderer(renderers.JSONRenderer):
    """JSON. Who may write and not read is shown the id of what was written, and nothing of it."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body of the answer."""
        if renderer_context and _is_hidden(renderer_context):
            data = {"id": data["id"]} if isinstance(data, Mapping) and "id" in data else {}
        return super().render(data, accepted_media_type, renderer_context)


def _is_hidden(context: Mapping[str, Any]) -> bool:
    """Whether this is the answer to somebody's write who may not read; webhooks are nobody's."""
    request, response = context["request"], context["response"]
    if request.method in SAFE_METHODS or not 200 <= response.status_code < 300:
        return False
    return (
        request.auth is not None
        and response.data is not None
        and not may_read(request, context["view"])
    )
