"""`{% csrf_token %}` in the admin: beside Django's own, the token of a form that acts once."""

from typing import Any

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import form_tokens

register = template.Library()


class FormTokenNode(CsrfTokenNode):
    """Both hidden fields; outside of the admin Django's alone.

    The page acts upon the row in its address, upon the rows of its list or of `drawn_rows`, or, as
    it says by `draws_something_new`, upon none.
    """

    def render(self, context: Any) -> SafeString:
        """The fields."""
        field = SafeString(super().render(context))
        request = context.get("request")
        if not field or request is None or not form_tokens.is_ours(request):
            return field
        token = form_tokens.token_for(request, _rows(request, context))
        own = '{}<input type="hidden" name="{}" value="{}" autocomplete="off">'
        return format_html(own, field, form_tokens.FIELD, token)


def _rows(request: Any, context: Any) -> list[Any]:
    if context.get("draws_something_new"):
        return []
    shown = context.get("drawn_rows")
    # What has no history is not acted upon from a list, but written to, or exported.
    if (
        shown is None
        and context.get("action_form")
        and form_tokens.has_history(context["cl"].model)
    ):
        shown = context["cl"].result_list
    return [row.pk for row in shown or []] or form_tokens.row_acted_upon(request)


@register.tag
def csrf_token(parser: Any, token: Any) -> FormTokenNode:
    """In place of Django's tag of this name, in every template (settings, `builtins`)."""
    return FormTokenNode()
