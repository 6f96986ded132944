"""The search behind a field of the admin's forms."""

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import ForeignKey, ManyToManyField
from django.http import HttpRequest, HttpResponseBase


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    """Rows for a field that refers to others; PermissionDenied for anything else.

    Django's own fails where the name is that of a relation from another model.
    """
    asked = request.GET
    try:
        model = apps.get_model(asked.get("app_label", ""), asked.get("model_name", ""))
        field = model._meta.get_field(asked.get("field_name", ""))
    except (LookupError, FieldDoesNotExist) as error:
        raise PermissionDenied from error
    if not isinstance(field, ForeignKey | ManyToManyField):
        raise PermissionDenied
    view = admin.site.admin_view(admin.site.autocomplete_view)
    return view(request)
