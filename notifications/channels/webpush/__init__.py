"""Web Push: the channel, its transport and the devices it knows."""

from notifications.channels.webpush.transport import CHANNEL, TRANSPORTS

__all__ = ["CHANNEL", "TRANSPORTS"]
