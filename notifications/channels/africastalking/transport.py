"""SMS by Africa's Talking (https://developers.africastalking.com/docs/sms/overview).

There is no idempotency key, and an accepted message is not a delivered one: reports come later.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from core.http import (
    Done,
    Limits,
    MalformedResponseError,
    Outcome,
    Permanent,
    Request,
    Response,
    Temporary,
    Unknown,
    code_of,
    error_outcome,
)
from core.values.money import Price, parse_service_price
from notifications.channels import (
    OPTED_OUT,
    Message,
    Report,
    ServiceUnavailable,
    UnreadableReportError,
)

ACCEPTED = frozenset({100, 101, 102})
REJECTED = {
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
NO_BALANCE, BLACKLISTED, TRY_AGAIN = 405, 406, frozenset({500, 501})
STATES = {
    "Success": "delivered",
    "Failed": "failed",
    "Rejected": "failed",
    "AbsentSubscriber": "failed",
    "Expired": "failed",
}
# What happens before the end (https://developers.africastalking.com/docs/sms/notifications).
PENDING = frozenset({"Sent", "Submitted", "Buffered"})
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_REFERENCE = re.compile(r"[!-~]{1,100}")
_COST = re.compile(r"[ -~]{1,30}")  # kept as they say it; costs.py reads it


class AfricasTalking:
    """One message to one number at a time, so each outcome is plain."""

    name = "africastalking"
    channel = "sms"
    limits = Limits(concurrency=20)

    def request(self, message: Message) -> Request:
        """The form. Raises ValueError for what is no phone number: `to` is a list in disguise."""
        if not _PHONE.fullmatch(message.recipient):
            raise ValueError("not a phone number in E.164")
        fields = {
            "username": settings.AFRICAS_TALKING_USERNAME,
            "to": message.recipient,
            "message": message.text,
        }
        if settings.AFRICAS_TALKING_SENDER_ID:
            fields["from"] = settings.AFRICAS_TALKING_SENDER_ID
        headers = {"apiKey": settings.AFRICAS_TALKING_API_KEY, "Accept": "application/json"}
        url = f"{settings.AFRICAS_TALKING_BASE_URL.rstrip('/')}/version1/messaging"
        return Request.form("POST", url, fields, headers)

    def balance_request(self) -> Request:
        """Asks for the account (`GET /version1/user`, as their own clients do)."""
        query = urlencode({"username": settings.AFRICAS_TALKING_USERNAME})
        headers = {"apiKey": settings.AFRICAS_TALKING_API_KEY, "Accept": "application/json"}
        base = settings.AFRICAS_TALKING_BASE_URL.rstrip("/")
        return Request("GET", f"{base}/version1/user?{query}", headers)

    def read_balance(self, response: Response) -> Price:
        """What is left. Raises MalformedResponseError, a ValueError, when the answer has no
        balance."""
        if response.status != 200:
            raise MalformedResponseError(f"{response.status}, no account")
        user = response.json_object().get("UserData")
        balance = user.get("balance") if isinstance(user, dict) else None
        left = parse_service_price(balance) if isinstance(balance, str) else None
        if left is None:
            raise MalformedResponseError(f"{response.status}, without a balance like KES 1785.50")
        return left

    def read(self, response: Response) -> Outcome:
        """What the answer means for the one recipient. Raises MalformedResponseError for
        nonsense."""
        refused = error_outcome(response, server_error=Unknown)
        if refused and not _names_recipients(response):
            return refused
        recipient = _recipient(response)
        if recipient is None:  # as with a sender id that is not registered, and a 2xx at that
            return _none_taken(response)
        code = recipient.get("statusCode")
        if type(code) is not int or code not in ACCEPTED | REJECTED.keys():
            raise MalformedResponseError(
                f"{response.status}, a recipient without a known status code"
            )
        return _taken(recipient) if code in ACCEPTED else _rejected(code)


def _names_recipients(response: Response) -> bool:
    """A rejection for "do not disturb" comes with HTTP 409 and the usual body."""
    return response.status == 409 and b"Recipients" in response.body


def _none_taken(response: Response) -> Permanent:
    """Its `Message` says why in one word, such as InvalidSenderId."""
    sent = response.json_object().get("SMSMessageData")
    why = code_of(sent.get("Message")) if isinstance(sent, dict) else ""
    reason = f"took no recipient: {why or response.status}"
    return Permanent(reason, code="no-recipient", answer=response.excerpt)


def _recipient(response: Response) -> dict[str, Any] | None:
    data = response.json_object().get("SMSMessageData")
    recipients = data.get("Recipients") if isinstance(data, dict) else None
    if not isinstance(recipients, list) or len(recipients) > 1:
        raise MalformedResponseError(f"{response.status}, without the list of our one recipient")
    if recipients and not isinstance(recipients[0], dict):
        raise MalformedResponseError(f"{response.status}, a recipient that is not an object")
    return recipients[0] if recipients else None


def _taken(recipient: Mapping[str, Any]) -> Done:
    """It is taken whatever its id and cost look like: sending it again would be worse."""
    reference = _checked(recipient.get("messageId"), _REFERENCE)
    cost = _checked(recipient.get("cost"), _COST)
    return Done("" if reference == "None" else reference, {"cost": cost})


def _checked(value: object, form: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else ""


def _rejected(code: int) -> Outcome:
    reason = f"{code} {REJECTED[code]}"
    if code in TRY_AGAIN:
        return Temporary(reason)
    if code == NO_BALANCE:
        return ServiceUnavailable(reason)
    return Permanent(reason, code=OPTED_OUT if code == BLACKLISTED else str(code))


def read_report(form: Mapping[str, str]) -> Report:
    """A delivery report's form (`id, status, phoneNumber, failureReason`) as a Report.

    Raises UnreadableReportError for a status that we do not know.
    """
    status, reason = form["status"], form.get("failureReason", "")[:200]
    if status not in STATES.keys() | PENDING:
        raise UnreadableReportError("a status that we do not know")
    return Report(
        reference=form["id"],
        recipient=form["phoneNumber"],
        status=status,
        state=STATES.get(status, ""),
        reason=reason,
        opted_out=status == "Rejected" and reason.lower() == "userinblacklist",
    )


TRANSPORTS = [AfricasTalking()]
