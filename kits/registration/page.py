"""The page behind the link in a message and the code on a kit: a person registers their sample.

Whoever has the link sees nothing of the order, the customer or the kit. Looking changes nothing:
programs follow links by themselves.
"""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from clinical.models import Sample
from core import cases
from core.web.rate_limits import Rate, hit
from core.workflow import TransitionNotAllowedError
from identity.api.throttles import network_of
from kits import cases as kit_cases
from kits.models import Kit
from kits.registration import services
from kits.registration.form import RegistrationForm
from kits.registration.link import Link, read
from kits.registration.texts import CONSENT_VERSION, texts_for
from orders.address_page.answers import shown

LOOKS = Rate(30, 60)  # of one network
TRIES = Rate(10, 3600)  # of one link: guesses of a serial, too
MOST_KITS = 1000


@csrf_exempt  # the signed token says who asks, and nobody is signed in
@require_http_methods(["GET", "HEAD", "POST"])
def registration_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST registers. Whatever became of the kit, it shows nothing of it."""
    if not hit(f"kit-page:{network_of(request)}", LOOKS).allowed:
        return _page(request, "", "wait", 429)
    link = read(token)
    if link is None:
        return _page(request, "", "broken", 404)
    kits = list(link.kits[:MOST_KITS])
    language = _language(kits)
    if link.has_expired:
        return _page(request, language, "expired", 410)
    waiting = _waiting(kits)
    if not waiting:
        return _page(request, language, "over", 410)
    if request.method != "POST":
        return _page(request, language, "ask", 200, RegistrationForm(language))
    if not hit(f"kit-form:{link.kind}{link.key}", TRIES).allowed:
        return _page(request, language, "wait", 429)
    return _take(request, waiting, link, language)


def _language(kits: list[Kit]) -> str:
    """That of the customer they were sent to."""
    sent = next((kit.shipment for kit in kits if kit.shipment), None)
    return sent.order.customer.language if sent else ""


def _waiting(kits: list[Kit]) -> list[Kit]:
    """Those that can be registered, and are not."""
    may = [kit for kit in kits if kit.state in services.REGISTRABLE]
    serials_of = [kit.serial for kit in may]
    taken = set(Sample.objects.filter(serial__in=serials_of).values_list("serial", flat=True))
    return [kit for kit in may if kit.serial not in taken]


def _take(request: HttpRequest, kits: list[Kit], link: Link, language: str) -> HttpResponse:
    """Register what was typed, or show what is wrong with it."""
    form = RegistrationForm(language, request.POST)
    if not form.is_valid():
        return _page(request, language, "ask", 422, form)
    serial = form.cleaned_data["serial"]
    kit = next((kit for kit in kits if kit.serial == serial), None)
    if kit is None or kit.shipment is None:
        form.add_error("serial", ValidationError("", "invalid"))
        return _page(request, language, "ask", 422, form)
    customer = kit.shipment.order.customer
    by = f"link:{'order' if link.kind == 'o' else 'kit'} {link.key}"
    try:
        services.register(
            kit,
            form.taker(customer),
            sampled_at=form.sampled_at_given,
            consent_version=CONSENT_VERSION,
            by=by,
        )
    except TransitionNotAllowedError:  # somebody else with the link was quicker
        return _page(request, language, "over", 410)
    except ValidationError as refused:
        if isinstance(refused, services.UnderAgeError):
            cases.open([kit_cases.under_age(kit)])
        form.add_error(None, refused)
        return _page(request, language, "ask", 422, form)
    return _page(request, language, "done", 200)


def _page(
    request: HttpRequest,
    language: str,
    what: str,
    status: int,
    form: RegistrationForm | None = None,
) -> HttpResponse:
    return shown(request, texts_for(language), what, status, form)
