"""The page behind the link in e-mails: no more of them, without signing in (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.web.rate_limits import Rate, hit
from identity.api.throttles import network_of
from notifications.channels import channels
from notifications.models import Consent
from notifications.policy.opt_outs import opt_out
from notifications.policy.unsubscribe_tokens import is_valid_token, parse_token

RATE = Rate(30, 60)


@csrf_exempt  # a mail program posts here; the signed token says who asks
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks and changes nothing: programs follow links by themselves. POST acts.

    Whatever became of the customer, a token of ours is answered the same.
    """
    if _is_too_often(request):
        return _page(request, 429, "Please wait", "Too many requests. Try again in a minute.")
    if not is_valid_token(token):
        text = "This address is not whole. Copy all of it from the e-mail."
        return _page(request, 404, "There is nothing here", text)
    if request.method != "POST":
        text = "You will get no more messages of ours at the address that this link was sent to."
        return _page(request, 200, "Stop these messages?", text, asks=True)
    if asked := parse_token(token):
        by, channel = f"customer:{asked.customer.pk}", channels()[asked.channel]
        opt_out(
            asked.channel,
            asked.recipient,
            reason=f"by the link in an {channel.label}",
            by=by,
            how=Consent.How.LINK,
            customer=asked.customer,
        )
    text = "You get no more messages there. If you change your mind, tell our support."
    return _page(request, 200, "Done", text)


def _page(
    request: HttpRequest, status: int, title: str, text: str, *, asks: bool = False
) -> HttpResponse:
    context = {"title": title, "text": text, "asks": asks}
    answer = render(request, "notifications/stop.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _is_too_often(request: HttpRequest) -> bool:
    """Whether this address has asked too often this minute."""
    return not hit(f"stop:{network_of(request)}", RATE).allowed
