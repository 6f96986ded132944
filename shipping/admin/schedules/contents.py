"""What a running subscription sends, and where: a page that shows what a change would do, and asks.

The page comes back with what it was drawn from and what was seen on it. So nobody writes over what
somebody else has changed meanwhile, or confirms what they did not see; sent twice, it is done once.
"""

from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from core.admin.dialogs import REFUSALS
from core.admin.overview.panels import page_of
from core.forms import CharField
from customers.forms import never_cut
from customers.models import ADDRESS_FIELDS, LONGEST_LINE
from customers.values.countries import country_choices
from identity.actors import actor_of
from orders.changes import CHANGEABLE, Wanted
from orders.models import MOST_OF_A_PRODUCT, DeliveryService, Order, Product
from orders.models.locking import lock_order
from orders.rules import MOST_LINES, Lines
from shipping.models import Schedule
from shipping.staff_actions import order_changes
from shipping.staff_actions.previews import Picture, compare_contents

SPARE_LINES = 2
MEANWHILE = "It was changed meanwhile: this is how it is now. Type your change again."


class LineForm(forms.Form):
    """A product and its quantity; empty, or without a quantity, it is left out."""

    product = forms.ModelChoiceField(
        Product.objects.none(), required=False, widget=UnfoldAdminSelectWidget
    )
    quantity = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_OF_A_PRODUCT,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = Q(pk__in=order.lines.values("product"))
        offered = Product.objects.filter(Q(is_active=True, currency=order.currency) | held)
        product: Any = self.fields["product"]
        product.queryset = offered


LinesFormSet = forms.formset_factory(LineForm, extra=SPARE_LINES, max_num=MOST_LINES)


class ContentsForm(forms.Form):
    """Where it goes, and how fast."""

    drawn_from = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    delivery_service = forms.ChoiceField(
        choices=DeliveryService.choices, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, order: Order, data: Any = None) -> None:
        service = {"delivery_service": order.delivery_service}
        super().__init__(data, initial=order.address() | service | {"drawn_from": base_of(order)})
        for name in ADDRESS_FIELDS[:-1]:
            self.fields[name] = CharField(
                max_length=LONGEST_LINE, required=False, widget=UnfoldAdminTextInputWidget
            )
        self.fields["country"] = forms.ChoiceField(
            choices=country_choices, widget=UnfoldAdminSelectWidget
        )
        never_cut(self)
        if waiting := order_changes.waiting_of([order]):
            names = ", ".join(parcel.reference for parcel in waiting)
            self.fields["include_unsent"] = forms.BooleanField(
                required=False,
                initial=True,
                label="Parcels that are made, but not handed over yet, too",
                help_text=f"{names}. What a provider has, or may have, stays as it is.",
                widget=UnfoldBooleanWidget,
            )
        self.order = order
        self.lines = LinesFormSet(
            data,
            prefix="lines",
            form_kwargs={"order": order},
            initial=[
                {"product": line.product_id, "quantity": line.quantity}
                for line in order.lines.all()
            ],
        )

    @property
    def is_outdated(self) -> bool:
        """Whether the order is not any more what the page was drawn from."""
        return bool(self.cleaned_data["drawn_from"] != base_of(self.order))

    def is_valid(self) -> bool:
        """Whether it, and each of its lines, is filled in rightly."""
        return bool(super().is_valid() & self.lines.is_valid())

    def wanted(self) -> Wanted:
        """What is to be different."""
        given = self.cleaned_data
        address = {name: given[name] for name in ADDRESS_FIELDS}
        lines, service = self._lines(), given["delivery_service"]
        held = {line.product_id: line.quantity for line in self.order.lines.all()}
        same = len(lines) == len(held) and held == {product.pk: n for product, n in lines}
        return Wanted(
            address=None if address == self.order.address() else address,
            lines=None if same else lines,
            service=None if service == self.order.delivery_service else service,
            include_unsent=given.get("include_unsent", False),
        )

    def all_of_it(self) -> Wanted:
        """What the order has now, for the parcels that are not handed over."""
        lines = [(line.product, line.quantity) for line in self.order.lines.all()]
        service = self.order.delivery_service
        return Wanted(self.order.address(), lines, service, include_unsent=True)

    def _lines(self) -> Lines:
        filled = [line for line in self.lines.cleaned_data if line.get("product")]
        return [(line["product"], line["quantity"]) for line in filled if line.get("quantity")]

    def refuse(self, error: Exception) -> None:
        """Show a refusal at its fields, or above the form."""
        by_field = getattr(error, "message_dict", None) or {
            NON_FIELD_ERRORS: getattr(error, "messages", [str(error)])
        }
        for name, texts in by_field.items():
            self.add_error(name if name in self.fields else None, texts)


def base_of(order: Order) -> str:
    """What stands for all that the page shows of an order."""
    lines = [(line.product_id, line.quantity, line.unit_price) for line in order.lines.all()]
    held = (order.address(), order.delivery_service, lines)
    return sha256(repr(held).encode()).hexdigest()


def mark_of(now: Picture, then: Picture) -> str:
    """What stands for all that a preview shows."""
    shown = [(list(each.days), each.provider, base_of(each.order)) for each in (now, then)]
    return sha256(repr(shown).encode()).hexdigest()


@action(
    description="Change what it sends",
    icon="edit_location_alt",
    url_path="contents",
    permissions=["contents"],
)
def contents(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page; a POST shows what would become of it, or does it."""
    schedule = get_object_or_404(Schedule.objects.select_related("order"), pk=object_id)
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": f"What {schedule.order.number} sends, and where",
        "back": page_of(schedule.order if request.GET.get("from") == "order" else schedule),
    }
    done = _posted(page, request, schedule, context) if request.method == "POST" else None
    context.setdefault("form", ContentsForm(schedule.order))
    return done or TemplateResponse(request, "admin/shipping/contents.html", context)


@transaction.atomic
def _posted(
    page: Any, request: HttpRequest, schedule: Schedule, context: dict[str, Any]
) -> HttpResponse | None:
    """Where it leads; None to show the page, with what is in the context then."""
    schedule.order = lock_order(schedule.order_id)
    form = ContentsForm(schedule.order, request.POST)
    if not form.is_valid():
        context["form"] = form
        return None
    wanted = form.wanted()
    if form.is_outdated and wanted.named:
        context["notes"] = [MEANWHILE]
        return None
    if not wanted.named and (form.is_outdated or not wanted.include_unsent):
        page.message_user(request, f"{schedule.order}: it is so already.", messages.INFO)
        return redirect(context["back"])
    context["form"] = form
    return _decided(page, request, schedule, wanted if wanted.named else form.all_of_it(), context)


def _decided(
    page: Any, request: HttpRequest, schedule: Schedule, wanted: Wanted, context: dict[str, Any]
) -> HttpResponse | None:
    form = context["form"]
    try:
        now, then = compare_contents(schedule, wanted)
        mark = mark_of(now, then)
        if request.POST.get("do") == "change" and form.cleaned_data["seen"] == mark:
            order_changes.amend(schedule, wanted, by=actor_of(request))
            page.message_user(request, f"{schedule.order}: changed.", messages.SUCCESS)
            return redirect(context["back"])
    except REFUSALS as refused:
        form.refuse(refused)
        return None
    form.data = form.data.copy()
    form.data["seen"] = mark
    context |= {"now": now, "then": then, "follows": wanted.include_unsent}
    return None


def may_change_contents(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whether this person may change this schedule, and orders."""
    may: bool = page.may(request, object_id, frozenset({"active", "paused"}))
    return may and request.user.has_perm("orders.change_order")


@action(
    description="Change what it sends",
    icon="edit_location_alt",
    url_path="change-contents",
    permissions=["change_contents"],
)
def change_contents(page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """From an order's page to that of its schedule."""
    schedule = Schedule.objects.filter(order_id=int(object_id)).first()
    if schedule is None:
        page.message_user(request, "This order has no schedule yet.", messages.ERROR)
        return redirect("admin:orders_order_change", object_id)
    page_of_contents = reverse("admin:shipping_schedule_contents", args=[schedule.pk])
    return redirect(f"{page_of_contents}?from=order")


def may_change_orders_contents(page: Any, request: HttpRequest, object_id: Any = None) -> bool:
    """Whether this order is recurring and goes on, and this person may change it."""
    order = page.get_object(request, str(object_id)) if object_id else None
    goes_on = order is None or (order.shipping_interval != "none" and order.state in CHANGEABLE)
    rights = ("shipping.change_schedule", "orders.change_order")
    return goes_on and bool(request.user.has_perms(rights))
