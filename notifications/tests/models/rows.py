"""Rows to try, and what is refused of one."""

from typing import Any

from django.core.exceptions import ValidationError

from notifications.models import Template


def refused(row: Any) -> set[str]:
    """The fields that are sent back; none when the row is sound."""
    try:
        row.full_clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


def template(**values: str) -> Template:
    usual = {"occasion": "order-placed", "name": "other", "channel": "email", "language": "en"}
    return Template(**{**usual, "body": "Hi {user_name}", "subject": "Your order", **values})
