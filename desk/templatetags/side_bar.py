"""The side bar, for the theme's template."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from desk.sidebar import drawing

register = template.Library()


@register.simple_tag(takes_context=True)
def side_bar(context: Any) -> SafeString:
    """All that this person may open."""
    return drawing.side_bar(context["request"])
