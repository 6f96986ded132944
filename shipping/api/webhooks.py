"""Where providers report what happened to parcels (requirement C2)."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotFound,
    Throttled,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.errors import BodyTooLargeError
from core.api.openapi import ErrorAnswer
from identity.api.throttles import network_of, note_proof
from shipping import providers
from shipping.api import webhook_limits
from shipping.api.serializers.webhooks import ReferenceEventSerializer, StoredSerializer
from shipping.provider_api.base import WebhookValidationError
from shipping.tracking import events

LARGEST_BODY = 64 * 1024
PROVIDER = OpenApiParameter(
    "provider", str, OpenApiParameter.PATH, enum=providers.names(), description="Its name."
)


class ShippingWebhook(APIView):
    """Takes the webhooks of every provider. They prove who they are by signature or secret."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """A 401 names a scheme; without one DRF would make it a 403."""
        return "Bearer"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever they would accept: nobody reads the answer."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        summary="Take a tracking event of a shipping provider",
        description="The body is the provider's own; shown is that of `reference`. Authenticate "
        "by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`) or by "
        "`Authorization: Bearer <secret>`. 200 means that what was said is kept, also when it was "
        "known already, when its shipment is not, and when we do not understand it.",
        parameters=[PROVIDER],
        request=ReferenceEventSerializer,
        responses={200: StoredSerializer, 401: ErrorAnswer, 404: ErrorAnswer, 429: ErrorAnswer},
        auth=[],
    )
    def post(self, request: Request, provider: str) -> Response:
        """Keep the event; a worker applies it."""
        try:
            adapter = providers.get(provider)
        except LookupError as missing:
            raise NotFound("There is no such shipping provider.") from missing
        body = _body(request)
        try:
            adapter.verify({name.lower(): value for name, value in request.headers.items()}, body)
        except WebhookValidationError as error:
            raise _unproven(request, provider) from error
        note_proof(request._request)
        verdict = webhook_limits.proven(provider)
        if not verdict.allowed:
            raise Throttled(verdict.resets_in)
        events.store(provider, events.read(adapter, body))
        return Response({"status": "stored"})


def _unproven(request: Request, provider: str) -> Exception:
    """What to raise: it counts for where it came from, and for what staff see of the provider."""
    webhook_limits.note_refused(provider)
    verdict = webhook_limits.unproven(network_of(request))
    if not verdict.allowed:
        return Throttled(verdict.resets_in)
    return AuthenticationFailed("The signature or the secret is not right.")


def _body(request: Request) -> bytes:
    """The raw body, as it was signed. Raises BodyTooLargeError before anything is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > LARGEST_BODY:
        raise BodyTooLargeError
    body: bytes = request._request.body
    return body
