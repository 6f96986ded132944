"""What the big e-mail services post to us: deliveries, bounces, complaints."""

import json
from collections.abc import Iterator
from copy import copy
from importlib import import_module
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import Http404, HttpRequest, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import FileUploadParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.parsers import is_storable
from identity.api.throttles import note_proof
from notifications.channels import LONGEST, Inbox, Report, UnreadableReportError
from notifications.channels.anymail.transport import Anymail, read_event, service

# Where the services keep the events of a batch, beside those that send a list.
MANDRILLS, BY_USER = "mandrill_events", "events_by_user"
LISTS = (BY_USER, "events")
MOST_IN_ONE = 1000
STORED = OpenApiResponse(description="It is stored.")


class EmailWebhook(APIView):
    """Events of the configured e-mail service, read by Anymail and kept as our reports.

    Anymail's own view takes them without any secret when none is set. This one is not there then.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (FileUploadParser,)
    inbox = Inbox()

    @extend_schema(
        summary="Take events of the e-mail service",
        description="For the service that ANYMAIL_BACKEND names. Basic authentication by "
        "ANYMAIL_WEBHOOK_SECRET (`user:password`), and the service's signature where it has one. "
        "A final status never moves back; a hard bounce stops all mail to that address. What "
        "cannot be read is kept as it came, and answered 200.",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={200: STORED},
        auth=[],
    )
    def post(self, request: Request, esp: str) -> Response:
        """Keep each event, and apply it to its message."""
        view, raw = _view(esp), request._request
        try:
            view.run_validators(raw)
        except AnymailWebhookValidationFailure:
            raise PermissionDenied("Send the secret of this address.") from None
        note_proof(raw)
        _take(view, raw, self.inbox)
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


def _take(view: AnymailBaseWebhookView, raw: HttpRequest, inbox: Inbox) -> None:
    """Keep each event by itself: one that cannot be read costs none of the others."""
    try:
        events = list(view.parse_events(raw))
    except Exception as error:  # noqa: BLE001 - whatever one event brings out, Anymail lets it pass
        parts = list(_parts(raw))
        for part in parts:
            _take(view, part, inbox)
        if not parts:
            _not_understood(inbox, raw.body, f"it cannot be read: {type(error).__name__}")
        return
    for event in events:
        _keep(event, inbox)


def _keep(event: AnymailTrackingEvent, inbox: Inbox) -> None:
    try:
        report = read_event(event)
        if report is not None:
            _check_fit(report)
    except UnreadableReportError as problem:
        _not_understood(inbox, json.dumps(event.esp_event, default=str).encode(), str(problem))
        return
    if report is not None:
        inbox.report(Anymail.channel, Anymail.name, report)


def _check_fit(report: Report) -> None:
    """Raise UnreadableReportError for what does not fit into its columns."""
    values = {name: getattr(report, name) for name in LONGEST}
    fits = all(len(values[name]) <= longest for name, longest in LONGEST.items())
    if not fits or not is_storable("".join(values.values())):
        raise UnreadableReportError("an id, an address or a status that is too long, or no text")


def _not_understood(inbox: Inbox, came: bytes, problem: str) -> None:
    inbox.not_understood(Anymail.channel, Anymail.name, came, problem)


def _parts(raw: HttpRequest) -> Iterator[HttpRequest]:
    """The events of a batch, each as a request of its own; nothing for what is none."""
    try:
        form = raw.POST.get(MANDRILLS)
        batch = json.loads(raw.body if form is None else form)
    except (ValueError, RecursionError, SuspiciousOperation):
        return
    singles = list(islice(_singles(batch), MOST_IN_ONE + 1))
    if not 1 < len(singles) <= MOST_IN_ONE:
        return
    for single in singles:
        part, event = copy(raw), json.dumps(single)
        part._body = event.encode()
        if form is not None:
            part.POST = QueryDict(urlencode({MANDRILLS: event}))
        yield part


def _singles(batch: Any) -> Iterator[Any]:
    """Each event with what stands round it: a list, or below the name that its service gives it."""
    if isinstance(batch, list):
        yield from ([event] for event in batch)
        return
    for name in LISTS:
        events = batch.get(name) if isinstance(batch, dict) else None
        for event in events if isinstance(events, list) else ():
            inner = _singles(event) if name == BY_USER else (event,)
            yield from ({**batch, name: [each]} for each in inner)
