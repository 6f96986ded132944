"""A customer has moved: which of the running subscriptions go to the new address, too?

Asked after an address was saved on the customer's page, and whenever somebody wants to know.
"""

from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanWidget,
)

from core.admin.dialogs import refusal_text
from core.workflow import TransitionNotAllowedError
from customers.models import Address, Customer
from identity.actors import actor_of
from orders.changes import Wanted
from shipping.admin.schedules.contents import mark_of
from shipping.models import Schedule
from shipping.staff_actions import order_changes
from shipping.staff_actions.previews import compare_contents

RIGHTS = ("shipping.change_schedule", "orders.change_order", "customers.view_customer")
PAGE = "admin:customers_customer_move_subscriptions"


class MoveForm(forms.Form):
    """Where to, and which."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    address = forms.ModelChoiceField(
        Address.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget, label="Send to"
    )
    schedules = forms.ModelMultipleChoiceField(
        Schedule.objects.none(),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        label="Which of these go there",
    )
    include_unsent = forms.BooleanField(
        required=False,
        label="Parcels that are made, but not handed over yet, too",
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, customer: Customer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target: Any = self.fields["address"]
        target.queryset = customer.addresses.all()
        target.label_from_instance = Address.on_one_line
        chosen: Any = self.fields["schedules"]
        chosen.queryset = running_of(customer)
        chosen.label_from_instance = _label
        waiting = [p.reference for p in order_changes.waiting_of(s.order for s in chosen.queryset)]
        names = ", ".join(waiting) or "There are none now"
        self.fields["include_unsent"].help_text = f"{names}. What a provider has stays as it is."


def running_of(customer: Customer) -> Any:
    """The customer's running subscriptions."""
    running = Schedule.objects.exclude(state="cancelled").filter(order__customer=customer)
    with_lines = running.select_related("order").prefetch_related("order__lines__product")
    return with_lines.order_by("id")


def _label(schedule: Schedule) -> str:
    order = schedule.order
    return f"{order.number}, {schedule.interval}, {order.item}: to {order.on_one_line()}"


@action(
    description="Move subscriptions",
    icon="moving",
    url_path="move-subscriptions",
    permissions=["move_subscriptions"],
)
def move_subscriptions(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page; a POST shows what would become of each, or does it."""
    customer = get_object_or_404(Customer, pk=object_id)
    back = reverse("admin:customers_customer_change", args=[customer.pk])
    form = MoveForm(customer, request.POST or None, initial=_initial(request, customer))
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": f"Where {customer.name}'s subscriptions go",
        "form": form,
        "back": back,
    }
    if form.is_valid():
        previews = [_preview(row, _wanted(form)) for row in form.cleaned_data["schedules"]]
        mark = sha256(" ".join(each["mark"] for each in previews).encode()).hexdigest()
        if request.POST.get("do") == "change" and form.cleaned_data["seen"] == mark:
            _move(page, request, form)
            return redirect(back)
        typed = request.POST.copy()
        typed["seen"] = mark
        form.data = typed
        context["previews"] = previews
    return TemplateResponse(request, "admin/shipping/moving.html", context)


def ask(request: HttpRequest, address: Address, used_by: list[int]) -> HttpResponse | None:
    """From the customer's page to the question, with what still goes to the old address ticked."""
    if not request.user.has_perms(RIGHTS):
        return None
    asked = urlencode({"schedules": ",".join(map(str, used_by)), "address": address.pk})
    return redirect(f"{reverse(PAGE, args=[address.customer_id])}?{asked}")


def may_move_subscriptions(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whether this customer has running subscriptions, and this person may change them."""
    if not request.user.has_perms(RIGHTS):
        return False
    running = Schedule.objects.exclude(state="cancelled").filter(order__customer=object_id)
    return object_id is None or running.exists()


def _initial(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What is chosen at first: what the URL names, else the default address and nothing."""
    asked = [int(key) for key in request.GET.get("schedules", "").split(",") if _is_key(key)]
    addresses = {str(address.pk): address for address in customer.addresses.all()}
    chosen = addresses.get(request.GET.get("address", "")) or customer.default_address
    return {"schedules": asked, "address": chosen, "include_unsent": True}


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _wanted(form: MoveForm) -> Wanted:
    given = form.cleaned_data
    return Wanted(given["address"].address(), include_unsent=given["include_unsent"])


def _preview(row: Schedule, wanted: Wanted) -> dict[str, Any]:
    try:
        now, then = compare_contents(row, wanted, count=3)
    except (TransitionNotAllowedError, ValidationError) as refused:
        return {"row": row, "refusal": refusal_text(refused), "mark": str(row.pk)}
    return {"row": row, "now": now, "then": then, "mark": mark_of(now, then)}


def _move(page: Any, request: HttpRequest, form: MoveForm) -> None:
    """Each by itself: one that is refused holds up no other."""
    for row in form.cleaned_data["schedules"]:
        try:
            order_changes.amend(row, _wanted(form), by=actor_of(request))
            page.message_user(request, f"{row.order} goes there from now on.", messages.SUCCESS)
        except (TransitionNotAllowedError, ValidationError) as refused:
            page.message_user(request, f"{row.order}: {refusal_text(refused)}", messages.ERROR)
