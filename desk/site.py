"""The admin's frame, as the theme draws it."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class AdminSite(UnfoldAdminSite):
    """The theme's, without work for what no page shows."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """What somebody may open, by app: found out where it is shown. Our side bar does not."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))
