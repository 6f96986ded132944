"""A message to one customer before it is saved: the route, the text, the obstacle."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError

from customers.models import Customer
from notifications.channels.smtp import NO_SUBJECT
from notifications.composition.builder import fill, new_row
from notifications.content.rendering import LONGEST_SUBJECT, check_message, cut, one_line
from notifications.content.sensitive_terms import check_sensitive_terms
from notifications.models import Notification, Occasion
from notifications.policy.channel_selection import Route, choose
from notifications.policy.policy import Policy

LEFT = ("sent", "delivered")
BOTH = "Name a template or write a text, not both."


def compose(
    customer: Customer,
    message: str = "",
    channel: str = "",
    *,
    template: str = "",
    subject: str = "",
) -> tuple[Notification, Policy]:
    """The message as it would be sent, not saved, and the policy. Writes nothing.

    With this text, or that of a template “message to many”, in the customer's language. It is
    suppressed when they have opted out. Raises ValidationError as `notify` does.
    """
    if template and (message or subject):
        raise ValidationError({"message": BOTH})
    text = "" if template else _checked(message)
    route, policy = route_to(customer, channel)
    row = new_row(customer, route)
    if template:
        _fill_in(row, policy, template)
    else:
        check_sensitive_terms(route.channel, text, subject)
        row.message, row.subject = text, cut(one_line(subject), LONGEST_SUBJECT)
        if row.channel == "email" and not row.subject:
            row.subject = NO_SUBJECT
    return row, policy


def _fill_in(row: Notification, policy: Policy, template: str) -> None:
    template_text = policy.text_for(Occasion.MAILING, row.channel, row.customer.language, template)
    if template_text is None or template_text.name != template:
        text = f"The template “{template[:40]}” has no words by {row.get_channel_display()}."
        raise ValidationError({"template": text})
    fill(row, template_text, {"user_name": row.customer.name})


def _checked(message: str) -> str:
    text = message.replace("\r\n", "\n")
    try:
        check_message(text)
    except ValidationError as error:
        raise ValidationError({"message": error}) from error
    return text.strip()


def route_to(customer: Customer, channel: str) -> tuple[Route, Policy]:
    """The route to the customer, and the policy; the only obstacle left is an opt-out.

    Without a channel: the one they chose, else the one that reached them last, else any.
    """
    policy = Policy([customer])
    routes = policy.routes_to(customer)
    if channel:
        return policy.unless_refused(_named(routes, channel)), policy
    wanted = [customer.channel or usual_channel(customer)]
    names = dict.fromkeys([*filter(routes.get, wanted), *routes])
    usable = [policy.unless_refused(routes[name]) for name in names if not routes[name].obstacle]
    if not usable:
        raise ValidationError({"customer": choose(routes, []).obstacle})
    return next((route for route in usable if not route.obstacle), usable[0]), policy


def usual_channel(customer: Customer) -> str:
    """The channel of the last message that left for them; "" before the first one."""
    sent = Notification.objects.filter(customer=customer, state__in=LEFT).order_by("-id")
    return sent.values_list("channel", flat=True).first() or ""


def _named(routes: Mapping[str, Route], channel: str) -> Route:
    if channel not in routes:
        known = ", ".join(routes)
        raise ValidationError({"channel": f"There is no such channel. Use one of: {known}."})
    if routes[channel].obstacle:
        raise ValidationError({"channel": routes[channel].obstacle})
    return routes[channel]
