"""What Africa's Talking posts to us. It signs nothing, so the address carries a secret token."""

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import BodyTooLarge
from identity.throttles import note_proof
from notifications.channels.africastalking import AfricasTalking, read_report
from notifications.consent import opt_out
from notifications.inbound import take_text
from notifications.reports import take_report
from notifications.serializers import DeliverySerializer, InboundSerializer, OptOutSerializer

LARGEST_BODY = 64 * 1024
FORM = FormParser.media_type
STORED = OpenApiResponse(description="It is stored.")


class Form(FormParser):
    """A form of at most so many fields; Django's own refusal would not be an API error."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """The fields. Raises ParseError for too many of them, or a broken encoding."""
        try:
            return super().parse(*args, **kwargs)
        except (SuspiciousOperation, ValueError, LookupError) as error:
            raise ParseError("This is not a form we can read.") from error


class Webhook(APIView):
    """A callback of Africa's Talking: a form, without a body in the answer."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (Form,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """404 on a wrong token, as if nothing were here, and 413 before anything is read."""
        expected = settings.AFRICAS_TALKING_CALLBACK_TOKEN
        given = kwargs["token"]  # never empty: the address would be another one
        if not secrets.compare_digest(given.encode(), expected.encode()):
            raise Http404
        note_proof(request._request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
            raise BodyTooLarge
        super().initial(request, *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever they would accept: the answer has no body."""
        return super().perform_content_negotiation(request, force=True)


class DeliveryWebhook(Webhook):
    """Delivery reports."""

    @extend_schema(
        summary="Take a delivery report of Africa's Talking",
        description="Counts only where `id` and `phoneNumber` both match a message. A final "
        "status never moves back. One for a message we do not know is kept, and answered 200.",
        request={FORM: DeliverySerializer},
        responses={200: STORED},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep the report, and apply it to its message."""
        form = DeliverySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        take_report(AfricasTalking.channel, AfricasTalking.name, read_report(form.validated_data))
        return Response()


class OptOutWebhook(Webhook):
    """Opt-outs."""

    @extend_schema(
        summary="Take an opt-out from Africa's Talking",
        description="The number gets no SMS any more, and those that wait for it are suppressed.",
        request={FORM: OptOutSerializer},
        responses={200: STORED},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep the opt-out."""
        form = OptOutSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        opt_out(
            AfricasTalking.channel,
            form.validated_data["phoneNumber"],
            reason="by a message to the sender",
            by=AfricasTalking.name,
        )
        return Response()


class InboundWebhook(Webhook):
    """Messages that people write to us."""

    @extend_schema(
        summary="Take an SMS that somebody wrote to us, from Africa's Talking",
        description="STOP and its like, in the usual languages, are kept as an opt-out and "
        "answered once. Other texts are not kept.",
        request={FORM: InboundSerializer},
        responses={200: OpenApiResponse(description="It is taken.")},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep the opt-out, if it is one."""
        form = InboundSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        sender, text = form.validated_data["from"], form.validated_data["text"]
        take_text(AfricasTalking.channel, sender, text, by=AfricasTalking.name)
        return Response()
