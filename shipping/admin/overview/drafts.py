"""What shipping knows of an order that is being typed: by whom it goes, and on which dates."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.formats import date_format

from core.admin.overview.panels import Line, ShownPanel
from core.database import clock
from orders.admin.draft import Draft
from orders.models import Order
from shipping.routing.router import Router
from shipping.schedules.recurrence import Recurrence, local_date

DATES = 6


def next_dates(request: HttpRequest, draft: Draft) -> ShownPanel:
    """When it ships: at once, and on the next six dates of a subscription."""
    order = draft.order
    by = f"by {Router.load().route(order).provider}" if draft.lines and order.line_1 else ""
    lines = [Line("At once" if _recurs(order) else "Once, at once", facts=[by])]
    if _recurs(order):
        today = local_date(clock.now(), settings.TIME_ZONE)
        days = Recurrence(order.shipping_interval, today, occurrence=1).upcoming(DATES)
        lines += [Line(date_format(day, "D j M Y")) for day in days]
    return ShownPanel("Ships", "", lines)


def _recurs(order: Order) -> bool:
    return order.shipping_interval != "none"
