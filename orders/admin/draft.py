"""An order as it is typed: what it would be, shown beside the form before anything is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from core.admin.overview.panels import Line, ShownPanel
from core.values import money
from customers.models import ADDRESS_FIELDS, Customer
from orders.models import Order, OrderLine, Product
from orders.rules import Lines, check_address, check_lines
from orders.services import as_lines, kit_type_of, summary

NUMBER = "co-…"  # it has none before it is placed


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed so far, as far as it makes sense."""

    order: Order
    lines: Lines
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)


Part = Callable[[HttpRequest, Draft], ShownPanel | None]


def draft_of(form: Any, formset: Any) -> Draft:
    """The draft that two bound forms say; they need not be complete."""
    form.is_valid()
    formset.is_valid()
    given = form.cleaned_data
    lines = formset.lines()
    problems: dict[str, list[str]] = {}
    amount, currency = None, ""
    if lines:
        try:
            amount, currency = check_lines(lines)
        except ValidationError as error:
            problems["lines"] = error.messages
    order = Order(
        customer=given.get("customer") or _new_customer(given),
        item=summary(lines),
        kit_type=kit_type_of(lines),
        channel=given.get("channel") or "",
        delivery_service=given.get("delivery_service") or "",
        shipping_interval=given.get("shipping_interval") or "none",
        currency=currency,
        **_address(form, problems),
    )
    order.amount = amount
    order.number = NUMBER
    _remember(order, lines)
    return Draft(order, lines, problems)


def own_parts(draft: Draft) -> list[ShownPanel]:
    """Where it goes, and what it costs."""
    return [_where(draft), _price(draft)]


def _new_customer(given: Mapping[str, Any]) -> Customer:
    return Customer(
        pk=0,  # no row has it: nothing is known of them yet
        name=given.get("new_name") or "…",
        phone_number=given.get("new_phone") or "",
        email=given.get("new_email") or "",
    )


def _address(form: Any, problems: dict[str, list[str]]) -> dict[str, str]:
    """The address as carriers get it; else nothing, and why."""
    typed = {name: form.data.get(name, "").strip() for name in ADDRESS_FIELDS}
    if not any(typed.values()):
        kept = form.kept_address()
        return kept.address() if kept else {}
    lines = form.typed_address()
    wrong = {name: form.errors[name] for name in ADDRESS_FIELDS if name in form.errors}
    if not wrong:
        try:
            return check_address(lines)
        except ValidationError as error:
            wrong = error.message_dict
    shown = {name: texts for name, texts in wrong.items() if typed[name]}
    missing = [name.replace("_", " ") for name in wrong if not typed[name]]
    problems["address"] = [
        *(f"{name.replace('_', ' ').capitalize()}: {texts[0]}" for name, texts in shown.items()),
        *([f"Still missing: {', '.join(missing)}."] if missing else []),
    ]
    return {}


def _remember(order: Order, lines: Lines) -> None:
    """Let `order.lines.all()` answer, though no line is kept."""
    known = OrderLine.objects.all()
    known._result_cache = as_lines(order, lines)
    order._prefetched_objects_cache = {"lines": known}  # type: ignore[attr-defined]  # as prefetch_related leaves it


def _where(draft: Draft) -> ShownPanel:
    order = draft.order
    problems = [
        Line(text, state="check", colour="danger") for text in draft.problems.get("address", [])
    ]
    known = [Line(order.on_one_line())] if order.line_1 else []
    return ShownPanel("Goes to", "No address yet.", problems or known)


def _price(draft: Draft) -> ShownPanel:
    lines = [
        Line(
            f"{quantity} × {product.name}",
            facts=[
                _each(product, quantity),
                money.shown(product.price * quantity, product.currency),
            ],
        )
        for product, quantity in draft.lines
    ]
    lines += [
        Line(text, state="check", colour="danger") for text in draft.problems.get("lines", [])
    ]
    if draft.order.amount is not None:
        total = money.shown(draft.order.amount, draft.order.currency)
        lines.append(Line(f"Total: {total}"))
    return ShownPanel("Price", "No product yet.", lines)


def _problems(draft: Draft, part: str) -> list[Line]:
    texts = draft.problems.get(part, [])
    return [Line(text, state="check", colour="danger") for text in texts]


def _each(product: Product, quantity: int) -> str:
    return "" if quantity == 1 else f"{money.shown(product.price, product.currency)} each"
