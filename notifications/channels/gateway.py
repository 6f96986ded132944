"""The plain SMS and e-mail gateways (requirement A5): one form, an address and a token each."""

from django.conf import settings

from core.http import Done, Limits, Outcome, Request, Response, Temporary, error_outcome
from notifications.channels import Message


class Gateway:
    """Takes `{"recipient", "message"}` with a bearer token; any 2xx means accepted."""

    name = "gateway"
    limits = Limits(concurrency=20)

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def request(self, message: Message) -> Request:
        """The documented body, and nothing else: the gateway has no place for a subject."""
        prefix = f"{self.channel.upper()}_GATEWAY"
        return Request.json(
            "POST",
            getattr(settings, f"{prefix}_URL"),
            {"recipient": message.recipient, "message": message.text},
            {"Authorization": f"Bearer {getattr(settings, f'{prefix}_TOKEN')}"},
        )

    def read(self, response: Response) -> Outcome:
        """2xx accepted, 4xx permanent, 5xx temporary: its contract says so."""
        return error_outcome(response, server_error=Temporary) or Done()


TRANSPORTS = [Gateway("sms"), Gateway("email")]
