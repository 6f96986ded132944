"""What pages are called."""

from functools import cache

from django import template
from django.apps import apps
from django.utils.text import capfirst

from desk.sidebar.links import GROUPS

register = template.Library()


@register.filter
def as_in_side_bar(plural: object) -> str:
    """What the side bar calls a model of this plural, else the plural with a capital letter."""
    return _titles().get(str(plural), capfirst(str(plural)))


@cache
def _titles() -> dict[str, str]:
    rows = [(title, model) for group in GROUPS.values() for title, _, model in group]
    rows.append(("Exceptions", "core.case"))
    return {str(apps.get_model(model)._meta.verbose_name_plural): title for title, model in rows}
