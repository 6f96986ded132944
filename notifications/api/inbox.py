"""What becomes of what services report by their webhooks."""

from notifications.channels import Inbox, Report
from notifications.delivery.incoming import inbound_sms, reports, unreadable
from notifications.policy import opt_outs


class DeliveryInbox(Inbox):
    """It is recorded, and applied to the messages it is about."""

    def report(self, channel: str, provider: str, report: Report) -> None:
        """Kept, and applied to its message."""
        reports.take_report(channel, provider, report)

    def not_understood(self, channel: str, provider: str, came: bytes, problem: str) -> None:
        """Kept as it came, and put before staff."""
        unreadable.keep(channel, provider, came, problem)

    def opt_out(self, channel: str, recipient: str, *, reason: str, by: str) -> None:
        """Nothing more is sent there."""
        opt_outs.opt_out(channel, recipient, reason=reason, by=by)

    def asks_to_stop(self, text: str) -> bool:
        """By its keywords in many languages."""
        return inbound_sms.asks_to_stop(text)

    def text(self, channel: str, sender: str, text: str, *, by: str) -> None:
        """An opt-out where it is one; other texts are not kept."""
        inbound_sms.take_text(channel, sender, text, by=by)
