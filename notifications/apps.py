"""Django's view of this app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The app's name and its start."""

    name = "notifications"

    def ready(self) -> None:
        """Connect the receivers and the checks; register the channels with the apps below."""
        from customers import contact_channels
        from identity import notices
        from notifications import checks, signals
        from notifications.channels import channels
        from notifications.delivery import staff_email
        from notifications.policy.channel_selection import read_with_customers
        from notifications.staff_actions.actions import register_kinds

        register_kinds()
        notices.carry_by(staff_email.send_email)
        for channel in channels().values():
            contact_channels.register(channel)
        read_with_customers()
