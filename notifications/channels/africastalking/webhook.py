"""What Africa's Talking posts to us. It signs nothing, so the address carries a secret token."""

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, QueryDict
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core.api.errors import BodyTooLargeError
from identity.api.throttles import note_proof
from notifications.channels import Inbox, UnreadableReportError
from notifications.channels.africastalking.reports import (
    DeliverySerializer,
    InboundSerializer,
    OptOutSerializer,
)
from notifications.channels.africastalking.transport import AfricasTalking, read_report

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


def _as_it_comes(form: type[Serializer[Any]]) -> dict[str, Any]:
    """The document's form: these fields, and none that must be there, for any form is taken."""
    return {"type": "object", "properties": {name: {"type": "string"} for name in form().fields}}


class Webhook(APIView):
    """A callback of Africa's Talking: a form, without a body in the answer.

    What cannot be read is kept as it came and answered 200: who is refused often may stop calling.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (Form,)
    inbox = Inbox()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """404 on a wrong token, as if nothing were here, and 413 before anything is read."""
        expected = settings.AFRICAS_TALKING_CALLBACK_TOKEN
        given = kwargs["token"]  # never empty: the address would be another one
        if not secrets.compare_digest(given.encode(), expected.encode()):
            raise Http404
        note_proof(request._request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
            raise BodyTooLargeError
        _ = request._request.body  # so that it can be kept, too, when its fields were read
        super().initial(request, *args, **kwargs)

    def take(self, request: Request) -> None:
        """Read the form and do what it asks for. Raises UnreadableReportError."""
        raise NotImplementedError

    def as_kept(self, request: Request) -> bytes:
        """What is kept of a form that cannot be read."""
        body: bytes = request._request.body
        return body

    def answer(self, request: Request) -> Response:
        """The answer, once what came is done or kept. Raises ParseError where nothing came."""
        if not request._request.body:
            raise ParseError("There is no form in it.")
        try:
            _check_names(request.data)
            self.take(request)
        except (ValidationError, ParseError, UnreadableReportError) as error:
            self.inbox.not_understood(
                AfricasTalking.channel, AfricasTalking.name, self.as_kept(request), _problem(error)
            )
        return Response()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever they would accept: the answer has no body."""
        return super().perform_content_negotiation(request, force=True)


def _check_names(form: Any) -> None:
    """Raise UnreadableReportError for a field that stands twice: no one value can be meant."""
    if isinstance(form, QueryDict) and any(len(values) > 1 for _, values in form.lists()):
        raise UnreadableReportError("a field stands twice in it")


def _problem(error: Exception) -> str:
    """What cannot be read, by field; nothing of its content."""
    if isinstance(error, ValidationError):
        codes: Any = error.get_codes()
        return "; ".join(
            f"{name}: {', '.join(map(str, reasons))}" for name, reasons in codes.items()
        )
    return str(error)


class DeliveryWebhook(Webhook):
    """Delivery reports."""

    @extend_schema(
        summary="Take a delivery report of Africa's Talking",
        description="Counts only where `id` and `phoneNumber` both match a message. A final "
        "status never moves back. One for a message we do not know is kept, and answered 200.",
        request={FORM: _as_it_comes(DeliverySerializer)},
        responses={200: STORED},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep the report, and apply it to its message."""
        return self.answer(request)

    def take(self, request: Request) -> None:
        """Apply the report."""
        form = DeliverySerializer(data=request.data)
        form.is_valid(raise_exception=True)
        self.inbox.report(
            AfricasTalking.channel, AfricasTalking.name, read_report(form.validated_data)
        )


class OptOutWebhook(Webhook):
    """Opt-outs."""

    @extend_schema(
        summary="Take an opt-out from Africa's Talking",
        description="The number gets no SMS any more, and those that wait for it are suppressed.",
        request={FORM: _as_it_comes(OptOutSerializer)},
        responses={200: STORED},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep the opt-out."""
        return self.answer(request)

    def take(self, request: Request) -> None:
        """Send nothing more there."""
        form = OptOutSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        self.inbox.opt_out(
            AfricasTalking.channel,
            form.validated_data["phoneNumber"],
            reason="by a message to the sender",
            by=AfricasTalking.name,
        )


class InboundWebhook(Webhook):
    """Messages that people write to us."""

    @extend_schema(
        summary="Take an SMS that somebody wrote to us, from Africa's Talking",
        description="STOP and its like, in the usual languages, are kept as an opt-out and "
        "answered once. Other texts are not kept.",
        request={FORM: _as_it_comes(InboundSerializer)},
        responses={200: OpenApiResponse(description="It is taken.")},
        auth=[],
    )
    def post(self, request: Request, token: str) -> Response:
        """Keep the opt-out, if it is one."""
        return self.answer(request)

    def take(self, request: Request) -> None:
        """Take it as an opt-out where it is one; who sent any other text does not matter."""
        fields: Any = request.data
        text = fields.get("text")
        if text is not None and not self.inbox.asks_to_stop(text):
            return
        form = InboundSerializer(data=fields)
        form.is_valid(raise_exception=True)
        sender, text = form.validated_data["from"], form.validated_data["text"]
        self.inbox.text(AfricasTalking.channel, sender, text, by=AfricasTalking.name)

    def as_kept(self, request: Request) -> bytes:
        """All of a request to stop; of anything else the fields' names, but no text."""
        fields: Any = request.data or QueryDict()
        if any(map(self.inbox.asks_to_stop, fields.getlist("text"))):
            return super().as_kept(request)
        return "&".join(sorted(fields)).encode()
