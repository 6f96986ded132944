"""The countries that a page offers, once for all of its addresses."""

from django import template

from customers.values.countries import usual_first

register = template.Library()


@register.simple_tag
def usual_countries() -> list[str]:
    """The English names of the countries, the usual ones first."""
    return usual_first()
