"""What the big e-mail services post to us: deliveries, bounces, complaints."""

from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.parsers import FileUploadParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.parsers import is_storable
from identity.throttles import note_proof
from notifications.channels import Report
from notifications.channels.anymail import Anymail, read_event, service
from notifications.reports import LIMITS, take_report
from notifications.webhooks import STORED


class EmailWebhook(APIView):
    """Events of the configured e-mail service, read by Anymail and kept as our reports.

    Anymail's own view takes them without any secret when none is set. This one is not there then.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (FileUploadParser,)

    @extend_schema(
        summary="Take events of the e-mail service",
        description="For the service that ANYMAIL_BACKEND names. Basic authentication by "
        "ANYMAIL_WEBHOOK_SECRET (`user:password`), and the service's signature where it has one. "
        "A final status never moves back; a hard bounce stops all mail to that address.",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: STORED},
        auth=[],
    )
    def post(self, request: Request, esp: str) -> Response:
        """Keep each event, and apply it to its message."""
        for report in filter(None, map(_report, _events(request, esp))):
            take_report(Anymail.channel, Anymail.name, report)
        return Response()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever they would accept: the answer has no body."""
        return super().perform_content_negotiation(request, force=True)


def _view(esp: str) -> AnymailBaseWebhookView:
    """Anymail's view for this service. Raises Http404 unless it is ours, with a secret."""
    if esp != service() or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404
    try:
        module = import_module(f"anymail.webhooks.{esp}")
        classes = [c for name, c in vars(module).items() if name.endswith("TrackingWebhookView")]
        view: AnymailBaseWebhookView = classes[-1]()
    except (ImportError, IndexError, ImproperlyConfigured):
        raise Http404 from None
    return view


def _events(request: Request, esp: str) -> list[AnymailTrackingEvent]:
    view, raw = _view(esp), request._request
    try:
        view.run_validators(raw)
    except AnymailWebhookValidationFailure:
        raise PermissionDenied("Send the secret of this address.") from None
    note_proof(raw)
    try:
        return list(view.parse_events(raw))
    except Exception as error:
        raise ParseError("These are no events of this service.") from error


def _report(event: AnymailTrackingEvent) -> Report | None:
    """The event as a report, unless it names no message, or in no form that we keep."""
    report = read_event(event)
    if report is None:
        return None
    values = {name: getattr(report, name) for name in LIMITS}
    fits = all(len(values[name]) <= longest for name, longest in LIMITS.items())
    return report if fits and is_storable("".join(values.values())) else None
