"""What staff do with an order that was placed."""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from core.admin.bulk_actions import bulk
from core.admin.dialogs import go_to
from core.admin.pages import ModelAdmin
from core.workflow import TransitionNotAllowedError
from identity.actors import actor_of
from orders import services
from orders.admin.forms import CancelForm, FirstAddressDialog
from orders.models import Order
from orders.staff_actions import describe_kept_address

CANCEL_DIALOG = {
    "title": "Cancel this order?",
    "description": "Its schedule ends and parcels that are not handed over yet are not sent.",
    "form_class": CancelForm,
    "form_submit_text": "Cancel the order",
}
ADDRESS_DIALOG = {
    "title": "Where does it go?",
    "description": "The order ships as soon as it has an address. When the customer has none, this "
    "becomes their default one, and other orders of theirs that wait for one go there too.",
    "form_class": FirstAddressDialog,
    "form_submit_text": "Ship it there",
}


class OrderActions(ModelAdmin):
    """Cancel orders, and give an address to those that wait for one."""

    actions = ["cancel_selected"]
    actions_detail = ["cancel", "give_address"]

    @admin.action(description="Cancel selected orders", permissions=["change"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[Order]
    ) -> HttpResponse | None:
        """Cancel each that may still be cancelled; say which may not, and why."""
        cancel = partial(services.cancel_order, by=actor_of(request))
        return bulk.seen_first(self, request, queryset, cancel, "Cancelled")

    @action(
        description="Cancel the order",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["cancel"],
        dialog=CANCEL_DIALOG,
    )
    def cancel(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        """Cancel this order, for the reason typed."""
        order = get_object_or_404(self.model, pk=object_id)
        if self._cancel(request, order, form.cleaned_data["reason"]):
            self.message_user(request, f"Cancelled {order}.", messages.SUCCESS)
        return self._back_to(request, object_id)

    @action(
        description="Give an address",
        icon="home_pin",
        permissions=["give_address"],
        dialog=ADDRESS_DIALOG,
    )
    def give_address(
        self, request: HttpRequest, form: FirstAddressDialog, object_id: str
    ) -> HttpResponse:
        """Give this order the address it lacked."""
        order = get_object_or_404(Order, pk=object_id)
        try:
            kept = services.give_address(order, form.address(), by=actor_of(request))
            text = f"{order} ships now. {describe_kept_address(kept)}".strip()
            self.message_user(request, text, messages.SUCCESS)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        return self._back_to(request, object_id)

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person may cancel this order now."""
        order = self.get_object(request, str(object_id))
        if order is None or "cancelled" not in Order.WORKFLOW.transitions[order.state]:
            return False
        return bool(self.has_change_permission(request, order))

    def has_give_address_permission(
        self, request: HttpRequest, object_id: str | None = None
    ) -> bool:
        """Whether this order waits for an address, and this person may give it one."""
        order = self.get_object(request, str(object_id))
        if order is None or not order.awaits_address:
            return False
        return bool(self.has_change_permission(request, order))

    def _cancel(self, request: HttpRequest, order: Order, reason: str) -> bool:
        try:
            services.cancel_order(order, by=actor_of(request), reason=reason)
        except TransitionNotAllowedError as error:
            self.message_user(request, f"{order}: {error}", messages.ERROR)
            return False
        return True

    def _back_to(self, request: HttpRequest, object_id: str) -> HttpResponse:
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        return go_to(request, reverse(f"{self.admin_site.name}:{name}", args=[object_id]))
