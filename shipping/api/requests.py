"""What a request of shipping carries."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer


def validated(form: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """The body as this serializer makes it. Raises ValidationError, by field."""
    given = form(data=request.data)
    given.is_valid(raise_exception=True)
    return cast("dict[str, Any]", given.validated_data)
