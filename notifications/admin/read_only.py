"""What only looks."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Rows that services make: staff look at them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is unsaid."""
        return False
