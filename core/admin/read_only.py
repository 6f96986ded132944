"""Pages of the admin on which nobody adds, changes or deletes a row."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Comes before the page among its bases: rows that services make, which staff look at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is forgotten."""
        return False
