"""The choices of a list's filter, drawn as the theme draws them, but each in one step: a page has
a hundred of them."""

from typing import Any

from django import template
from django.contrib.admin.filters import BooleanFieldListFilter
from django.utils.encoding import iri_to_uri
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

ROW = "border-base-200 dark:border-base-700 "
CHOSEN = "font-semibold text-primary-600 dark:text-primary-500"
OTHER = "hover:text-base-700 dark:hover:text-base-200"
LINK = "hover:text-primary-600 dark:hover:text-primary-500 block py-2 "
ITEM = '<li class="{}{}"><a href="{}" title="{}" class="{}">{}</a></li>'
# The list, each of its rows, and the link in it.
BESIDE_EACH_OTHER = (
    "dark:bg-base-900 border border-base-200 flex min-w-20 rounded-default shadow-xs "
    "text-font-default-light dark:border-base-700 dark:text-font-default-dark w-full",
    "basis-1/3 border-r grow truncate last:border-r-0 " + ROW,
    LINK + "text-center",
)
BELOW_EACH_OTHER = (
    "border border-base-200 flex flex-col rounded-default shadow-xs dark:border-base-700",
    "border-b last:border-b-0 " + ROW,
    LINK + "px-3",
)


@register.simple_tag
def filter_choices(spec: Any, choices: list[dict[str, Any]]) -> SafeString:
    """The choices as links, and a hidden field for the one that is chosen."""
    is_flat = isinstance(spec, BooleanFieldListFilter) or bool(getattr(spec, "horizontal", False))
    outer, row, link = BESIDE_EACH_OTHER if is_flat else BELOW_EACH_OTHER
    value = getattr(spec, "lookup_val", None)
    chosen = value[0] if isinstance(value, list | tuple) and value else value
    kept = ""
    if chosen and any(choice["selected"] for choice in choices):
        kept = format_html('<input type="hidden" name="{}" value="{}">', spec.lookup_kwarg, chosen)
    items = (
        (
            row,
            CHOSEN if choice["selected"] else OTHER,
            iri_to_uri(choice["query_string"]),
            choice["display"],
            link,
            choice["display"],
        )
        for choice in choices
    )
    return format_html('{}<ul class="{}">{}</ul>', kept, outer, format_html_join("", ITEM, items))
