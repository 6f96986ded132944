"""The big e-mail services (Postmark, Mailgun, Mailjet, Brevo, …), through django-anymail.

Anymail builds the request and reads the answer of each service; our own client carries both, with
its time-outs, limits and circuit. Set by the environment: ANYMAIL_BACKEND, and what Anymail calls
its settings, such as ANYMAIL_POSTMARK_SERVER_TOKEN.
"""

import re
from functools import partial
from importlib import import_module
from io import BytesIO
from typing import Any

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailError
from anymail.signals import AnymailTrackingEvent
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from requests.structures import CaseInsensitiveDict

from core.http import (
    Done,
    Limits,
    MalformedResponseError,
    Outcome,
    Permanent,
    Reader,
    Request,
    Response,
    Unknown,
    error_outcome,
)
from notifications.channels import (
    Message,
    Report,
    ServiceUnavailable,
    UnreadableReportError,
    readable,
)
from notifications.channels.smtp import mail

_NAME = re.compile(r"[a-z_]{1,30}")
_OURS = {"content-length", "accept-encoding", "connection", "transfer-encoding"}
# What a service that answers in another shape brings out in Anymail's readers.
_OTHER_SHAPE = (AnymailError, ValueError, TypeError, LookupError, AttributeError)
REFUSED = frozenset({"invalid", "rejected", "failed"})


class Anymail:
    """One message to one address, in the form of the service that is configured."""

    name = "anymail"
    channel = "email"
    limits = Limits(concurrency=20)

    def request(self, message: Message) -> Request | Outcome:
        """The service's own request; or why this message, or our settings, make none."""
        try:
            backend, payload, _ = _worded(message)
            ready = requests.Request(**payload.get_request_params(backend.api_url)).prepare()
        except (ImproperlyConfigured, ImportError):
            return ServiceUnavailable("the settings of the e-mail service are wrong")
        except (AnymailError, ValueError) as error:  # BadHeaderError is a ValueError
            return Permanent(f"cannot be sent so: {type(error).__name__}", code="unsendable")
        body = ready.body or b""
        headers = {n: v for n, v in ready.headers.items() if n.lower() not in _OURS}
        raw = body.encode() if isinstance(body, str) else body
        return Request(str(ready.method), str(ready.url), headers, raw)

    def reader(self, message: Message) -> Reader:
        """Reads the answer; Anymail needs the message beside it."""
        return partial(_read, message)


def service() -> str:
    """The name of the service that is configured, as in Anymail's modules: `postmark`."""
    name: str = settings.ANYMAIL_BACKEND
    return name if _NAME.fullmatch(name) else ""


def backend_class() -> type[AnymailRequestsBackend]:
    """The configured service's. Raises ImproperlyConfigured when there is none over HTTP."""
    if not service():
        raise ImproperlyConfigured("ANYMAIL_BACKEND names no service.")
    module = import_module(f"anymail.backends.{service()}")
    backend = getattr(module, "EmailBackend", None)
    if not (isinstance(backend, type) and issubclass(backend, AnymailRequestsBackend)):
        raise ImproperlyConfigured("This service of Anymail's is not reached over HTTP.")
    return backend


def _worded(message: Message) -> tuple[AnymailRequestsBackend, Any, EmailMultiAlternatives]:
    backend = backend_class()()
    worded = mail(message, backend)
    worded.message()  # raises BadHeaderError for a line break in a header
    return backend, backend.build_message_payload(worded, backend.send_defaults), worded


def _read(message: Message, response: Response) -> Outcome:
    refused = error_outcome(response, server_error=Unknown)
    if refused and not isinstance(refused, Permanent):
        return refused
    try:
        reference, status = _status(message, response)
    except _OTHER_SHAPE:
        if refused:
            return refused
        raise MalformedResponseError(f"{response.status}, not as this service answers") from None
    if status in REFUSED:
        return Permanent(f"{response.status}, the address is {status}", code=status)
    if refused:
        return refused
    return Done(reference) if status in {"sent", "queued"} else Unknown(f"said: {status}")


def _status(message: Message, response: Response) -> tuple[str, str]:
    """The service's id and Anymail's word for what became of the message."""
    backend, payload, worded = _worded(message)
    answer = requests.Response()
    answer.status_code, answer.raw = response.status, BytesIO(response.body)
    answer.headers, answer.encoding = CaseInsensitiveDict(response.headers), "utf-8"
    backend.raise_for_status(answer, payload, worded)
    statuses = backend.parse_recipient_status(answer, payload, worded)
    [recipient] = list(statuses.values())
    reference = recipient.message_id
    fits = isinstance(reference, str) and len(reference) <= 100 and reference.isprintable()
    return reference if fits else "", str(recipient.status)


# --- what the service reports later ---------------------------------------------------------

_FAILED = frozenset({"bounced", "rejected", "failed"})
_OPTED_OUT = frozenset({"complained", "unsubscribed"})
_OF_MESSAGES = _FAILED | _OPTED_OUT | {"delivered", "deferred"}
_HARD = frozenset({"bounced", "invalid"})
# Postmark's bounces that may be over tomorrow; other services' soft ones are `deferred` by then.
_SOFT = frozenset({"SoftBounce", "Transient", "DnsError"})


def read_event(event: AnymailTrackingEvent) -> Report | None:
    """A delivery, bounce or complaint as a Report; None for what is about no message.

    A hard bounce means that the address does not exist: nothing more is sent there. Raises
    UnreadableReportError for a status that we do not know, or without its message or address.
    """
    kind, why = str(event.event_type or ""), str(event.reject_reason or "")
    if kind in ("", "unknown"):
        raise UnreadableReportError("a status that we do not know")
    reference, recipient = event.message_id, event.recipient
    if not (isinstance(reference, str) and isinstance(recipient, str) and reference and recipient):
        if kind in _OF_MESSAGES:
            raise UnreadableReportError("it names no message, or no address")
        return None
    soft = isinstance(event.esp_event, dict) and event.esp_event.get("Type") in _SOFT
    return Report(
        reference=reference,
        recipient=readable(recipient),
        status=f"{kind} (soft)" if soft and kind == "bounced" else kind,
        state="delivered" if kind == "delivered" else "failed" if kind in _FAILED else "",
        reason=why,
        opted_out=kind in _OPTED_OUT or (kind == "rejected" and why in {"spam", "unsubscribed"}),
        invalid_recipient=kind in {"bounced", "rejected"} and why in _HARD and not soft,
    )


TRANSPORTS = [Anymail()]
