"""What belongs to the whole of a list: a file imported into it or made of it, and what stands above
it."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.http import urlencode

from transfers.exports.lists import may_export
from transfers.imports.rights import importable

register = template.Library()


@register.inclusion_tag("admin/file_links.html", takes_context=True)
def file_links(context: dict[str, Any], changelist: Any) -> dict[str, Any]:
    """The links that this person may follow."""
    request = context["request"]
    links = [
        ("upload_file", "Import", f"{reverse('admin:transfers_import_add')}?{query}")
        for noun, importer in importable(request.user).items()
        if importer.model is changelist.model
        for query in [urlencode({"kind": noun})]
    ]
    if changelist.model_admin.export_columns and may_export(request.user, changelist.model_admin):
        asked = request.GET.copy()
        asked["of"] = changelist.model._meta.label_lower
        address = f"{reverse('admin:transfers_export_add')}?{asked.urlencode()}"
        links.append(("download", "Export", address))
    return {"links": links}


@register.simple_tag(takes_context=True)
def list_address(context: dict[str, Any], changelist: Any) -> str:
    """Of what stands above the list, narrowed as it is (desk/lists/pages.py)."""
    asked = context["request"].GET.copy()
    asked["of"] = changelist.model._meta.label_lower
    return f"{reverse('lists')}?{asked.urlencode()}"
