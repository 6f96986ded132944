"""The big e-mail services through django-anymail: transport and webhook."""

from notifications.channels.anymail.transport import TRANSPORTS

__all__ = ["TRANSPORTS"]
