"""Where laboratories post results."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, NotFound, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinical.laboratories import adapters, incoming
from clinical.laboratories.contract import MessageValidationError
from clinical.models import Flag, VersionStatus
from core.api.errors import BodyTooLargeError
from core.api.openapi import ErrorAnswer
from core.api.serializers import ChoiceField, Serializer
from core.web.rate_limits import Rate, hit
from identity.api.throttles import network_of, note_proof

LARGEST_BODY = 64 * 1024
WINDOW = 60  # seconds
LABORATORY = OpenApiParameter(
    "laboratory", str, OpenApiParameter.PATH, enum=adapters.names(), description="Its name."
)


class ReportedSampleSerializer(Serializer):
    """Whose sample the laboratory took it for."""

    serial = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=200)
    birth_date = serializers.DateField()


class FindingSerializer(Serializer):
    """One finding."""

    name = serializers.CharField(max_length=60)
    value = serializers.CharField(max_length=60)
    unit = serializers.CharField(max_length=20, required=False)
    flag = ChoiceField(Flag.choices)


class ReportedResultSerializer(Serializer):
    """The body that the laboratory `reference` posts."""

    result_id = serializers.CharField(max_length=100, help_text="The same in every version.")
    version = serializers.IntegerField(min_value=1, help_text="Goes up with each version.")
    status = ChoiceField(VersionStatus.choices)
    issued_at = serializers.DateTimeField()
    sample = ReportedSampleSerializer()
    findings = FindingSerializer(many=True)


class MessageStoredSerializer(Serializer):
    """That it is kept."""

    status = serializers.CharField(help_text="`stored`.")


class LaboratoryWebhook(APIView):
    """Takes the messages of every laboratory. They prove who they are by their signature."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """A 401 names a scheme; without one DRF would make it a 403."""
        return "Bearer"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever they would accept: nobody reads the answer."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        summary="Take a result of a laboratory",
        description="The body is the laboratory's own; shown is that of `reference`. Signed by "
        "Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). 200 means "
        "that it is kept, also when it was known already, when nobody knows whose it is, and when "
        "we cannot read it. At most 64 kB.",
        parameters=[LABORATORY],
        request=ReportedResultSerializer,
        responses={
            200: MessageStoredSerializer,
            401: ErrorAnswer,
            404: ErrorAnswer,
            413: ErrorAnswer,
            429: ErrorAnswer,
        },
        auth=[],
    )
    def post(self, request: Request, laboratory: str) -> Response:
        """Keep the message; the sweeper has it read."""
        try:
            adapter = adapters.get(laboratory)
        except LookupError as missing:
            raise NotFound("There is no such laboratory.") from missing
        body = _body(request)
        try:
            adapter.verify({name.lower(): value for name, value in request.headers.items()}, body)
        except MessageValidationError as error:
            raise _unproven(request) from error
        note_proof(request._request)
        verdict = hit(f"webhooks:laboratory:{laboratory}", Rate(settings.WEBHOOK_RATE, WINDOW))
        if not verdict.allowed:
            raise Throttled(verdict.resets_in)
        incoming.store(laboratory, body)
        return Response({"status": "stored"})


def _unproven(request: Request) -> Exception:
    """What to raise: it counts for where it came from."""
    rate = Rate(settings.WEBHOOK_RATE_PER_ADDRESS, WINDOW)
    verdict = hit(f"webhooks:address:{network_of(request)}", rate)
    if not verdict.allowed:
        return Throttled(verdict.resets_in)
    return AuthenticationFailed("The signature is not right.")


def _body(request: Request) -> bytes:
    """The raw body, as it was signed. Raises BodyTooLargeError before anything is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > LARGEST_BODY:
        raise BodyTooLargeError
    body: bytes = request._request.body
    return body
