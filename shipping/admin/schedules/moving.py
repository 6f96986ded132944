"""A customer has moved: what goes to the new address, too?

Asked from the customer's page, and after an address was saved there. Nothing is done before it was
shown what changes; then all of it is done, or nothing.
"""

from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from core.admin.dialogs import REFUSALS, refusal_text
from customers.models import Address, Customer
from identity.actors import actor_of
from shipping.admin.schedules.contents import mark_of
from shipping.admin.schedules.move_form import MoveForm
from shipping.models import Schedule
from shipping.staff_actions.moving import Move, move, rehearse_order, subscriptions_of
from shipping.staff_actions.previews import compare_contents

RIGHTS = ("shipping.change_schedule", "orders.change_order", "customers.view_customer")
ADD_ADDRESS = "customers.add_address"
PAGE = "admin:customers_customer_move_subscriptions"


@action(
    description="Move",
    icon="moving",
    url_path="move-subscriptions",
    permissions=["move_subscriptions"],
)
def move_subscriptions(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page; a POST shows what would become of each, or does it."""
    customer = get_object_or_404(Customer, pk=object_id)
    back = reverse("admin:customers_customer_change", args=[customer.pk])
    may_add = request.user.has_perm(ADD_ADDRESS)
    given = _given(request, customer)
    form = MoveForm(customer, request.POST or None, initial=given, may_add=may_add)
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": f"Where {customer.name}'s parcels go",
        "form": form,
        "back": back,
    }
    if form.is_valid():
        to = form.to()
        context |= _previews(to)
        is_seen = request.POST.get("do") == "change" and form.cleaned_data["seen"]
        if is_seen == context["mark"] and _moved(page, request, form, to):
            return redirect(back)
        data = request.POST.copy()
        data["seen"] = context["mark"]
        form.data = data
    return TemplateResponse(request, "admin/shipping/moving.html", context)


def ask(request: HttpRequest, address: Address, used_by: list[int]) -> HttpResponse | None:
    """From the customer's page to the question, with what still goes to the old address ticked."""
    if not request.user.has_perms(RIGHTS):
        return None
    asked = urlencode({"schedules": ",".join(map(str, used_by)), "address": address.pk})
    return redirect(f"{reverse(PAGE, args=[address.customer_id])}?{asked}")


def may_move_subscriptions(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whether this person may change subscriptions, and there is one, or an address to add."""
    if not request.user.has_perms(RIGHTS):
        return False
    if object_id is None or request.user.has_perm(ADD_ADDRESS):
        return True
    running = Schedule.objects.exclude(state="cancelled").filter(order__customer=object_id)
    return running.exists()


def _given(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What is chosen at first: what the URL names, else a new address for what goes to the default
    one."""
    asked = [int(key) for key in request.GET.get("schedules", "").split(",") if _is_key(key)]
    addresses = {str(address.pk): address for address in customer.addresses.all()}
    chosen = addresses.get(request.GET.get("address", ""))
    initial: dict[str, Any] = {"include_unsent": True, "is_default": True, "address": chosen}
    if chosen is not None:
        return initial | {"schedules": asked}
    default = next((each for each in addresses.values() if each.is_default), None)
    lines = default.address() if default else {}
    here = [each.pk for each in subscriptions_of(customer) if each.order.address() == lines]
    return initial | {"schedules": here, "recipient": lines.get("recipient", customer.name)}


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _previews(to: Move) -> dict[str, Any]:
    """What would become of each, whether one is refused, and a mark of all that is shown."""
    each = [*(_preview(row, to) for row in to.schedules), *_order_previews(to)]
    shown = repr([sorted(to.lines.items()), to.is_default, *(one["mark"] for one in each)])
    return {
        "previews": each,
        "to": to,
        "is_refused": any("refusal" in one for one in each),
        "mark": sha256(shown.encode()).hexdigest(),
    }


def _preview(row: Schedule, to: Move) -> dict[str, Any]:
    try:
        now, then = compare_contents(row, to.wanted, count=3)
    except REFUSALS as refused:
        return {"row": row, "refusal": refusal_text(refused), "mark": str(row.pk)}
    return {"row": row, "now": now, "then": then, "mark": mark_of(now, then)}


def _order_previews(to: Move) -> list[dict[str, Any]]:
    previews: list[dict[str, Any]] = []
    for order in to.orders:
        preview = {"row": order, "order": order, "mark": f"{order.pk} {order.on_one_line()}"}
        try:
            rehearse_order(order, to)
        except REFUSALS as refused:
            preview["refusal"] = refusal_text(refused)
        previews.append(preview)
    return previews


def _moved(page: Any, request: HttpRequest, form: MoveForm, to: Move) -> bool:
    """Whether all of it was done; else nothing was, and the form says why."""
    try:
        move(form.customer, to, by=actor_of(request))
    except REFUSALS as refused:
        errors = getattr(refused, "message_dict", {NON_FIELD_ERRORS: [refusal_text(refused)]})
        for name, texts in errors.items():
            form.add_error(name if name in form.fields else None, texts)
        return False
    numbers = [str(row.order.number) for row in to.schedules] + [str(o.number) for o in to.orders]
    text = f"Goes there from now on: {', '.join(numbers)}." if numbers else "The address is kept."
    page.message_user(request, text, messages.SUCCESS)
    return True
