"""The page behind the link in a message: the customer says where an order goes, once.

Whoever has the link sees nothing of the order or the customer. Looking changes nothing: programs
follow links by themselves.
"""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.web.rate_limits import Rate, hit
from identity.api.throttles import network_of
from orders import services
from orders.address_page.answers import shown
from orders.address_page.form import CustomersAddressForm
from orders.address_page.link import read
from orders.address_page.texts import texts_for
from orders.models import Order

LOOKS = Rate(30, 60)  # of one network
TRIES = Rate(20, 3600)  # of one order's form


@csrf_exempt  # the signed token says who asks, and nobody is signed in
@require_http_methods(["GET", "HEAD", "POST"])
def address_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST gives the address. Whatever became of the order, it shows nothing of it."""
    if not hit(f"address-page:{network_of(request)}", LOOKS).allowed:
        return _page(request, "", "wait", 429)
    link = read(token)
    if link is None:
        return _page(request, "", "broken", 404)
    order = Order.objects.select_related("customer").filter(pk=link.order).first()
    language = order.customer.language if order else ""
    if order is None or not order.awaits_address:
        return _page(request, language, "over", 410)
    if link.has_expired:
        return _page(request, language, "expired", 410)
    if request.method != "POST":
        return _page(request, language, "ask", 200, CustomersAddressForm(language))
    if not hit(f"address-form:{order.pk}", TRIES).allowed:
        return _page(request, language, "wait", 429)
    return _take(request, order, language)


def _take(request: HttpRequest, order: Order, language: str) -> HttpResponse:
    """Give the order what was typed, or show what is wrong with it."""
    form = CustomersAddressForm(language, request.POST)
    if not form.is_valid():
        return _page(request, language, "ask", 422, form)
    by = f"customer:{order.customer_id}"
    try:
        services.give_address(order, form.cleaned_data, by=by, detail="by the link in a message")
    except ValidationError as refused:
        if getattr(refused, "code", "") == "has_address":
            return _page(request, language, "over", 410)
        form.refuse()
        return _page(request, language, "ask", 422, form)
    return _page(request, language, "done", 200)


def _page(
    request: HttpRequest,
    language: str,
    what: str,
    status: int,
    form: CustomersAddressForm | None = None,
) -> HttpResponse:
    return shown(request, texts_for(language), what, status, form)
