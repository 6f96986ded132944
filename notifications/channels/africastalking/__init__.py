"""SMS by Africa's Talking: transport, webhook and its reports."""

from notifications.channels.africastalking.transport import TRANSPORTS

__all__ = ["TRANSPORTS"]
