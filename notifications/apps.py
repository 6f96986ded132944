"""Django's view of this app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The app's name and its start."""

    name = "notifications"

    def ready(self) -> None:
        """Connect the receivers and the checks; tell the floors below who can be reached how."""
        from customers import reach
        from identity import notices
        from notifications import cases, checks, signals, to_staff  # noqa: F401
        from notifications.channels import channels

        cases.register()
        notices.carry_by(to_staff.send_email)
        for channel in channels().values():
            reach.register(channel)
