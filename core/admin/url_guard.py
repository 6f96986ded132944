"""What an address of the admin may ask: declared filters, and keys in their one spelling."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.admin.filters import ListFilter
from django.core.exceptions import BadRequest
from django.db.models import AutoField, ForeignKey
from django.http import Http404, HttpRequest

from core.bases import MixinBase
from core.values.keys import is_key

# What stands behind the name of a declared filter: Django's lookups, and Unfold's ranges.
_LOOKUPS = re.compile(
    r"(__(id|pk))?(__(exact|isnull|isempty|in|gte?|lte?))?\Z|_(from|to)(_[01])?\Z"
)


class GuardedAdmin(MixinBase):
    """For every page of the admin: its address asks nothing but what the page offers.

    Comes first among the bases. A filter is a read, and a refusal is an answer. `linked_by` names
    columns that are shown and that links to the list may narrow it by, beside its filters.
    """

    linked_by: Sequence[str] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a list is narrowed by this. Django lets any column and any relation pass."""
        return is_declared(self, request, lookup)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Whether a row may be named by this column: by its key, and by no relation."""
        opts = self.model._meta
        return to_field in {opts.pk.name, opts.pk.attname}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What the address fills in. Raises BadRequest for a row that it does not name by key."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        for field in self.model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and not is_key(initial.get(field.name, 0)):
                raise BadRequest(f"Name the {field.verbose_name} by its number.")
        return initial

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any) -> Any:
        """The form of a row. Raises Http404 for another spelling of its key."""
        self._check_key(object_id)
        return super().changeform_view(request, object_id, *args)

    def delete_view(self, request: HttpRequest, object_id: Any, *args: Any) -> Any:
        """The page that asks before it deletes. Raises Http404 as the form does."""
        self._check_key(object_id)
        return super().delete_view(request, object_id, *args)

    def history_view(self, request: HttpRequest, object_id: Any, *args: Any) -> Any:
        """What was changed here. Raises Http404 as the form does."""
        self._check_key(object_id)
        return super().history_view(request, object_id, *args)

    def get_object(self, request: HttpRequest, object_id: Any, from_field: Any = None) -> Any:
        """The row behind a page or an action; none for another spelling of its key."""
        if self._is_misspelt(object_id):
            return None
        return super().get_object(request, object_id, from_field)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with them; one and the same answer where unseen rows may stand in the way.

        Whether a patient belongs to a customer is not told to who may not see patients.
        """
        if self._has_unseen_relations(request):
            return [], {}, {"other records"}, ["Other records"]
        return super().get_deleted_objects(objs, request)

    def _check_key(self, object_id: Any) -> None:
        if object_id is not None and self._is_misspelt(object_id):
            raise Http404("There is no such row.")

    def _is_misspelt(self, object_id: Any) -> bool:
        has_number = isinstance(self.model._meta.pk, AutoField)
        return has_number and not is_key(object_id)

    def _has_unseen_relations(self, request: HttpRequest) -> bool:
        """Whether rows that this person may not see could belong to those of the page."""
        known, left = {self.model}, [self.model]
        while left:
            relations = left.pop()._meta.related_objects
            more = {relation.related_model for relation in relations} - known
            if any(self._is_unseen(model, request) for model in more):
                return True
            known |= more
            left += more
        return False

    def _is_unseen(self, model: Any, request: HttpRequest) -> bool:
        site = self.admin_site
        if not site.is_registered(model):
            return False
        return not site.get_model_admin(model).has_view_permission(request)


def is_declared(page: Any, request: Any, parameter: str) -> bool:
    """Whether this parameter of a list's address belongs to one of its filters.

    A filter is a read: whoever may narrow a list by something learns it, shown or not.
    """
    return any(
        parameter == name or (parameter.startswith(name) and _LOOKUPS.match(parameter[len(name) :]))
        for name in _declared(page, request)
    )


def _declared(page: Any, request: Any) -> Iterator[str]:
    yield from page.linked_by
    for item in page.get_list_filter(request):
        name = item[0] if isinstance(item, list | tuple) else item
        if isinstance(name, str):
            yield name
        elif isinstance(name, type) and issubclass(name, ListFilter):
            yield getattr(name, "parameter_name", "")
