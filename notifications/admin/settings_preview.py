"""Settings as they are typed: a text as it looks on a phone, limits and rules as they decide."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest

from core.admin.overview.panels import Line, page_of
from core.bases import ModelForm
from core.database import clock
from core.forms import TokenField
from core.values.text import reference
from notifications.composition.preview import decided_with, fill_in
from notifications.models import Rule, Template
from notifications.policy.quiet_hours import after_quiet, zone_named
from orders.models import Order

SAMPLE_HOURS = (7, 12, 22, 23, 3)
LATEST_ORDERS = 6
TYPED = ("occasion", "channel", "language", "subject", "body", "html")


class TypedForm(ModelForm):
    """What was typed so far. Whether the same case has a template already is asked at the end."""

    preview_order = TokenField(max_length=24, required=False)

    class Meta:
        model = Template
        fields = TYPED

    def validate_unique(self) -> None:
        """Not yet."""

    def validate_constraints(self) -> None:
        """Not yet."""


def shown_as_typed(request: HttpRequest) -> dict[str, Any]:
    """What the preview is drawn with: the text, or what is wrong with it."""
    form = TypedForm(request.POST)
    problems = [] if form.is_valid() else _problems(form)
    order, remark = _order(request, form)
    context: dict[str, Any] = {"problems": problems, "remark": remark, "order": order}
    if problems:
        return context
    template = form.instance
    hidden = not request.user.has_perm("customers.view_customer")
    return context | {
        "shown": fill_in(template, order, hidden=hidden),
        "channel": template.channel,
        "label": template.get_channel_display(),
    }


def _order(request: HttpRequest, form: TypedForm) -> tuple[Order | None, str]:
    """The order that was named, else the newest; and what is to be said of it."""
    if not request.user.has_perm("orders.view_order"):
        return None, "Filled in for an invented order."
    orders = Order.objects.select_related("customer")
    typed = reference(form.cleaned_data.get("preview_order") or "")
    if typed:
        order = orders.filter(number=typed).first()
        return order, "" if order else "There is no order with this number: an invented one."
    order = orders.order_by("-id").first()
    return order, "" if order else "Filled in for an invented order: there is none yet."


def _problems(form: forms.Form | TypedForm) -> list[str]:
    """What is wrong, field by field; what was not typed yet is only still missing."""
    texts: list[str] = []
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        if form.data.get(name, "") == "" and name != "__all__":
            texts.append(f"Still missing: {str(label).lower()}.")
        else:
            texts += [f"{label}: {text}" if label else str(text) for text in errors]
    return texts


def quiet_lines(given: Mapping[str, Any]) -> list[Line]:
    """When a message would go that comes up at some hours of a customer's day."""
    begin, end = given.get("quiet_from"), given.get("quiet_until")
    zone = zone_named("")
    if begin is None or end is None:
        return [Line("No quiet hours", facts=["every message goes at once, at any hour"])]
    today = clock.now().astimezone(zone).date()
    moments = (datetime.combine(today, time(hour), tzinfo=zone) for hour in SAMPLE_HOURS)
    return [_quiet_line(moment, after_quiet(moment, zone, begin, end)) for moment in moments]


def _quiet_line(moment: datetime, goes: datetime) -> Line:
    text = f"What comes up at {moment:%H:%M} of the customer’s day"
    if goes == moment:
        return Line(text, state="at once", colour="success", facts=["goes at once"])
    next_day = goes.date() > moment.date()
    when = f"waits until {goes:%H:%M}{' of the next day' if next_day else ''}; critical ones go"
    wait = goes - moment
    return Line(text, state=f"{wait // timedelta(hours=1)} h", colour="warning", facts=[when])


def rule_lines(rule: Rule) -> list[Line]:
    """What the latest orders would hear with this rule, and whether it is this rule that wins."""
    orders = Order.objects.select_related("customer").order_by("-id")[:LATEST_ORDERS]
    return [_rule_line(rule, order) for order in orders]


def _rule_line(rule: Rule, order: Order) -> Line:
    decision, standing = decided_with(rule, order)
    colour = {"wins": "success", "gives way": "warning"}.get(standing, "")
    channel = decision.route.channel or "nothing"
    facts = [order.item, f"by {channel}: {decision.channel_because}", decision.route.obstacle]
    return Line(str(order.number), page_of(order), standing, colour, facts)
