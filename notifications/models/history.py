"""What happened to notifications, one row for each change of many at once."""

from collections.abc import Iterable

from notifications.models import Notification, NotificationEvent


def record(
    rows: Iterable[Notification], *, kind: str = "", by: str = "system", was: str = ""
) -> None:
    """Write the event of each row as it is now; its `last_error` is the detail."""
    NotificationEvent.objects.bulk_create(
        NotificationEvent(
            notification=row,
            kind=kind or row.state,
            from_state=was,
            to_state=row.state,
            actor=by,
            detail=row.last_error,
        )
        for row in rows
    )
