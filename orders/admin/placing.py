"""How the admin's form for a new order becomes a call of the service, and what it shows before."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from core.admin.overview.panels import ShownPanel, page_of
from core.admin.pages import ModelAdmin
from identity.actors import actor_of
from orders import services
from orders.admin.draft import Draft, draft_of, own_parts
from orders.models import Order

ADD_CUSTOMER = "customers.add_customer"
NEW_CUSTOMER = "or a new customer"


class PlacingAdmin(ModelAdmin):
    """Shows what was typed, places it, and lets Django go on with what was placed."""

    shows_draft = True
    # What other apps know of an order that is not placed yet, such as its dates.
    draft_parts: ClassVar[list[Callable[[HttpRequest, Draft], ShownPanel | None]]] = []

    def get_urls(self) -> list[Any]:
        """The page that says what was typed so far, before Django's own."""
        if not self.shows_draft:
            return list(super().get_urls())
        name = f"{self.opts.app_label}_{self.opts.model_name}_draft"
        page = path("add/draft/", self.admin_site.admin_view(self.draft_view), name=name)
        return [page, *super().get_urls()]

    def draft_view(self, request: HttpRequest) -> HttpResponse:
        """What would be placed, of a form that need not be complete; nothing is written.

        Raises PermissionDenied for who may place no order.
        """
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        form = self.get_form(request)(request.POST)
        [(formset, inline)] = self.get_formsets_with_inlines(request)
        given = self.get_formset_kwargs(request, Order(), inline, formset.get_default_prefix())
        draft = draft_of(form, formset(**given))
        others = (part(request, draft) for part in self.draft_parts)
        context = {
            "panels": [*own_parts(draft), *filter(None, others)],
            "addresses": form["kept"].field.choices,
            "chosen": str(form["kept"].value() or ""),
        }
        return TemplateResponse(request, "admin/orders/draft.html", context)

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        """Nothing: `save_related` places the order, when its lines are known too."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Place the order that was typed."""
        if not change:
            self._adopt(form.instance, self.place(request, form, formsets))

    def place(self, request: HttpRequest, form: Any, formsets: Any) -> Order:
        """Call the service."""
        by = actor_of(request)
        return services.place_order(
            form.buyer(by=by),
            lines=formsets[0].lines(),
            delivery=form.delivery(),
            by=by,
            channel=form.cleaned_data["channel"],
        )

    def response_add(
        self, request: HttpRequest, obj: Order, post_url_continue: str | None = None
    ) -> HttpResponse:
        """To the order's page: what happens next is seen there."""
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        return redirect(page_of(obj)) if "_save" in request.POST else answer

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, dict[str, str]]]:
        """What Django's own log says; the order's events say more."""
        return [{"added": {}}] if add else []

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The form; a new customer is typed by who may add one."""
        form = super().get_form(request, obj, **kwargs)
        form.may_add_customer = request.user.has_perm(ADD_CUSTOMER)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Its parts, that of a new customer for who may add one."""
        parts = super().get_fieldsets(request, obj)
        if obj is not None or request.user.has_perm(ADD_CUSTOMER):
            return parts
        return [part for part in parts if part[0] != NEW_CUSTOMER]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with what would be placed below it."""
        if kwargs.get("add"):
            hidden = ("show_save_and_continue", "show_save_and_add_another")
            context.update(dict.fromkeys(hidden, False))
            if self.shows_draft:
                name = f"{self.opts.app_label}_{self.opts.model_name}_draft"
                context["draft_address"] = reverse(f"{self.admin_site.name}:{name}")
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def _adopt(self, typed: Order, placed: Order) -> None:
        """Let Django go on with the order that was placed instead of the form's own."""
        typed.pk = placed.pk
        typed._state.adding = False
        typed.refresh_from_db()
