"""What the OpenAPI document says of every endpoint."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter
from drf_standardized_errors.openapi import AutoSchema as StandardAutoSchema
from rest_framework import serializers

from core.api.changes import versions
from core.api.idempotency import takes_key

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Send the same key again and get the same answer: it is done once. 24 hours.",
)
WITH_BODY = ("POST", "PUT", "PATCH")


class ErrorItem(serializers.Serializer[Any]):
    """One thing that was wrong."""

    code = serializers.CharField(help_text="For programs.")
    detail = serializers.CharField(help_text="For people: what to do.")
    attr = serializers.CharField(allow_null=True, help_text="The field it is about.")


class ErrorAnswer(serializers.Serializer[Any]):
    """Every error looks like this."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorItem(many=True)  # type: ignore[assignment]  # the field of this name hides the attribute


class AutoSchema(StandardAutoSchema):
    """Documents the `Idempotency-Key` header and every error that an operation can answer."""

    def get_override_parameters(self) -> list[Any]:
        """The headers `Idempotency-Key` and `If-Match`, where the view honours them."""
        key = [IDEMPOTENCY_KEY] if self._takes_key() else []
        return [*key, *([versions.PARAMETER] if self._takes_if_match() else [])]

    def _takes_if_match(self) -> bool:
        is_write = self.method in versions.WRITES
        return is_write and getattr(self.view, "takes_if_match", False)

    def _takes_key(self) -> bool:
        return takes_key(getattr(self.view, getattr(self.view, "action", None) or "", None))

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        return status_code not in responses and status_code in self._errors()

    def _get_error_response_serializer(self, status_code: str) -> type[ErrorAnswer]:
        return ErrorAnswer

    def _errors(self) -> set[str]:
        errors = {"400", "406", "503"}
        if any(self.get_auth()):
            errors |= {"401", "403"}
        if self._should_add_http404_error_response():  # a hook that the library documents
            errors.add("404")
            if getattr(self.view, "answers_410", False):
                errors.add("410")
        if self.view.get_throttles():
            errors.add("429")
        if self.method in WITH_BODY:
            errors |= {"413", "415"}
        if self.method != "GET":
            errors.add("409")
        if self._takes_if_match():
            errors.add("412")
        return errors | {"422"} if self._takes_key() else errors


class StrictRequests(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # the library registers it, untyped
    """Says of request bodies that unknown fields are refused."""

    target_class = "core.api.serializers.StrictMixin"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema, closed when it describes a request."""
        # As the library's manual does it.
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        return schema | {"additionalProperties": False} if direction == "request" else schema
