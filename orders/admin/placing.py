"""How the admin's form for a new order becomes a call of the service."""

from typing import Any

from django.http import HttpRequest

from core.admin.pages import ModelAdmin
from identity.actors import actor_of
from orders import services
from orders.models import Order


class PlacingAdmin(ModelAdmin):
    """Places what was typed, and lets Django go on with what was placed."""

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        """Nothing: `save_related` places the order, when its lines are known too."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Place the order that was typed."""
        if not change:
            self._adopt(form.instance, self.place(request, form, formsets))

    def place(self, request: HttpRequest, form: Any, formsets: Any) -> Order:
        """Call the service."""
        return services.place_order(
            form.cleaned_data["customer"],
            lines=formsets[0].lines(),
            delivery=form.delivery(),
            by=actor_of(request),
            channel=form.cleaned_data["channel"],
        )

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, dict[str, str]]]:
        """What Django's own log says; the order's events say more."""
        return [{"added": {}}] if add else []

    def _adopt(self, typed: Order, placed: Order) -> None:
        """Let Django go on with the order that was placed instead of the form's own."""
        typed.pk = placed.pk
        typed._state.adding = False
        typed.refresh_from_db()
