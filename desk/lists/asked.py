"""A list of the admin, and how its address narrows it."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.views.main import IGNORED_PARAMS, ORDER_VAR, PAGE_VAR
from django.contrib.messages.storage.base import BaseStorage
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from core.admin.list_filters import UnreadableListError
from identity.access_log.records import RecordedAdmin

# What was typed may be a name, so that a view keeps none of it; nor which page was open.
NOT_KEPT = {*IGNORED_PARAMS, PAGE_VAR, "of"} - {ORDER_VAR}


class AdminList:
    """The list of a model (`orders.order`), as the person of a request sees it.

    Raises Http404 for one that is none, PermissionDenied for one that they may not see.
    """

    def __init__(self, label: str, request: HttpRequest) -> None:
        try:
            self.page: Any = admin.site.get_model_admin(apps.get_model(label))
        except (LookupError, ValueError, NotRegistered) as error:
            raise Http404("There is no such list.") from error
        if not self.page.has_view_permission(request):
            raise PermissionDenied
        self.request = request
        self.meta = self.page.model._meta

    @property
    def label(self) -> str:
        """What it is known by."""
        return str(self.meta.label_lower)

    @property
    def holds_health_data(self) -> bool:
        """Whether a read of it is put on record."""
        return isinstance(self.page, RecordedAdmin)

    def address(self, query: str = "") -> str:
        """Where it is shown, narrowed so."""
        where = reverse(f"admin:{self.meta.app_label}_{self.meta.model_name}_changelist")
        return f"{where}?{query}" if query else where

    def changelist(self, query: str) -> Any:
        """The list as it is narrowed. Raises UnreadableListError for what cannot be read."""
        request: Any = HttpRequest()
        request.method, request.path, request.user = "GET", self.address(), self.request.user
        request.GET, request.session = QueryDict(query), {}
        request._messages = BaseStorage(request)  # the list's own page says what was typed wrongly
        return self.page.get_changelist_instance(request)

    def readable(self, query: str) -> tuple[str, list[str]]:
        """What this list can read of a view today, and the names of what it cannot."""
        asked, unknown = QueryDict(query, mutable=True), []
        while asked:
            try:
                self.changelist(asked.urlencode())
            except UnreadableListError as refused:
                wrong = [name for name in asked if UnreadableListError(name).name == refused.name]
                for name in wrong or list(asked):
                    del asked[name]
                unknown.append(refused.name)
            else:
                break
        return asked.urlencode(), unknown


def kept(query: str) -> str:
    """What a saved view keeps of a list's address: filters and order, nothing that was typed."""
    asked = QueryDict(query, mutable=True)
    for name in NOT_KEPT & set(asked):
        del asked[name]
    return asked.urlencode()
