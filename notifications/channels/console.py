"""Writes messages to standard output, for development: `SMS_PROVIDER=console`."""

import sys

from core.http import Done, Limits, Outcome
from notifications.channels import Message


class Console:
    """Takes everything."""

    name = "console"
    limits = Limits(concurrency=1)

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def deliver(self, message: Message) -> Outcome:
        """Write the message."""
        title = f"{message.subject}\n" if message.subject else ""
        sys.stdout.write(f"--- {self.channel} to {message.recipient}\n{title}{message.text}\n")
        return Done()


TRANSPORTS = [Console("sms"), Console("email")]
