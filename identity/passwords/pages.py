"""The page where somebody sets up, renews or removes their own second factor."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.views import View
from django.views.decorators.cache import never_cache
from qrcode import QRCode
from qrcode.image.svg import SvgPathImage

from identity.models import SecondFactor, User
from identity.passwords import second_factor
from identity.passwords.forms import WRONG_CODE, CodeForm


@method_decorator([never_cache, admin.site.admin_view], "dispatch")
class SecondFactorPage(View):
    """Shows the secret until it is confirmed, and recovery codes once; to its owner alone."""

    def get(self, request: Any) -> HttpResponse:
        """How it stands."""
        return self._page(request, CodeForm())

    def post(self, request: Any) -> HttpResponse:
        """One of the steps; all but the first need a code."""
        step = request.POST.get("step")
        if step == "begin" and request.user.has_usable_password():
            second_factor.begin(request.user)
            return self._page(request, CodeForm())
        form = CodeForm(request.POST)
        if step not in ("confirm", "renew", "remove") or not form.is_valid():
            return self._page(request, form)
        codes = getattr(self, f"_{step}")(request, form.cleaned_data["code"])
        if codes is None:
            form.add_error("code", WRONG_CODE)
        return self._page(request, form if codes is None else CodeForm(), codes or [])

    def _confirm(self, request: Any, code: str) -> list[str] | None:
        codes = second_factor.confirm(request.user, code)
        return self._noted(request, "Set up a second factor.", codes) if codes else None

    def _renew(self, request: Any, code: str) -> list[str] | None:
        if not second_factor.accepts(request.user, code):
            return None
        codes = second_factor.renew_recovery_codes(request.user)
        return self._noted(request, "Got new recovery codes.", codes)

    def _remove(self, request: Any, code: str) -> list[str] | None:
        if not second_factor.accepts(request.user, code):
            return None
        second_factor.remove(request.user, by=request.user)
        return self._noted(request, "Removed the second factor.", [])

    def _noted(self, request: Any, what: str, codes: list[str]) -> list[str]:
        """The codes, once the person's history says what happened."""
        person = User.objects.get(pk=request.user.pk)
        admin.site.get_model_admin(User).log_change(request, person, what)
        return codes

    def _page(
        self, request: HttpRequest, form: CodeForm, codes: Sequence[str] = ()
    ) -> HttpResponse:
        factor = SecondFactor.objects.filter(user=request.user.pk).first()
        context = admin.site.each_context(request) | {
            "title": "Second factor",
            "factor": factor,
            "form": form,
            "codes": codes,
        }
        if factor and factor.confirmed_at is None:
            context |= {"secret": factor.secret, "qr_code": _qr_code(factor)}
        return TemplateResponse(request, "admin/second_factor.html", context)


def _qr_code(factor: SecondFactor) -> SafeString:
    """The secret as an image within the page: it has no address that could be asked for."""
    code = QRCode(image_factory=SvgPathImage)
    code.add_data(second_factor.address_of(factor))
    image: str = code.make_image().to_string(encoding="unicode")
    return mark_safe(image)  # noqa: S308 - we drew it
