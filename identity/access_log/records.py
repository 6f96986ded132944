"""The access log: who read which patient's data, when, from where and how.

Written before the answer leaves: what cannot be recorded is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from core.bases import MixinBase
from core.values.keys import is_key
from core.web.apis import is_api
from identity.access_log import reasons
from identity.models import AccessRecord, How, User, Via
from identity.tokens.errors import ReasonNeededError
from identity.tokens.permissions import may_read

if TYPE_CHECKING:  # the admin uses this too, and workers load the admin: they need no DRF
    from rest_framework.request import Request as ApiRequest
    from rest_framework.response import Response

LINES_OF_A_PAGE = 20
AUTOCOMPLETE_PAGE = 20  # django.contrib.admin's
MOST_IN_A_ROW = 10_000
PATIENT = "clinical.Patient"  # in a layer above


def record(
    who: HttpRequest | ApiRequest | User,
    patients: Iterable[int],
    how: str,
    *,
    reason: str = "",
    detail: str = "",
) -> None:
    """Put a read of these patients' data on record; `who` is the request, or a person for exports.

    `detail` says what was read where that may be of somebody unknown: it is on record then also
    without patients; otherwise no patients, no record. A
    large export becomes several rows of 10,000 patients each.
    """
    keys = sorted(set(patients))
    details = _of_user(who) if isinstance(who, User) else _of_request(who)
    if reason:
        details["reason"] = reasons.clean(reason)
    if detail:
        details["detail"] = detail[:500]
    most = max(len(keys), 1 if detail else 0)
    for start in range(0, most, MOST_IN_A_ROW):  # one statement for a page, no transaction
        part = keys[start : start + MOST_IN_A_ROW]
        AccessRecord.objects.create(patients=part, how=how, **details)


def record_dialog(request: HttpRequest, patient: int) -> None:
    """Put on record that a dialog of the admin shows this patient's data.

    Raises PermissionDenied while a reason is due: the page that opens the dialog asks for it.
    """
    if reasons.page_for(request, patient):
        raise PermissionDenied
    record(request, [patient], How.DETAIL, reason=reasons.given_reason(request, patient))


def record_export(
    user: User, patients: Iterable[int], *, address: str | None, reason: str, detail: str
) -> None:
    """Put a file that somebody takes along on record, also one that holds no health data.

    A large one becomes several rows of 10,000 patients each.
    """
    keys = sorted(set(patients))
    details = {"actor": user.actor, "via": Via.ADMIN, "address": address, "how": How.EXPORT}
    details |= {"reason": reasons.clean(reason), "detail": detail[:500]}
    for start in range(0, max(len(keys), 1), MOST_IN_A_ROW):
        AccessRecord.objects.create(patients=keys[start : start + MOST_IN_A_ROW], **details)


def reads_of(patient: int) -> QuerySet[AccessRecord]:
    """Who looked at this patient's data, the latest first."""
    return AccessRecord.objects.filter(patients__contains=[patient]).order_by("-id")


def who_looked(patient: int, page: int = 1) -> SafeString:
    """One page of the reads of this patient's data, a line each, the latest first."""
    start = (page - 1) * LINES_OF_A_PAGE
    reads = list(reads_of(patient)[start : start + LINES_OF_A_PAGE + 1])
    lines = (
        (f"{localtime(read.at):%d %b %Y, %H:%M}", read.actor, read.get_how_display(), read.reason)
        for read in reads[:LINES_OF_A_PAGE]
    )
    others = [(page - 1, "Later")] if page > 1 else []
    others += [(page + 1, "Earlier")] if len(reads) > LINES_OF_A_PAGE else []
    link = '<a class="text-link mr-3" href="?looked={}">{}</a>'
    return format_html_join("", "<div>{} · {} · {} {}</div>", lines) + format_html_join(
        "", link, others
    )


def _of_user(user: User) -> dict[str, Any]:
    return {"actor": user.actor, "via": Via.OTHER}


def _of_request(request: HttpRequest | ApiRequest) -> dict[str, Any]:
    user: Any = request.user
    return {
        "actor": user.actor,
        "via": Via.API if is_api(request) else Via.ADMIN,
        "address": address_of(request),
        "reason": reasons.header_of(request),
    }


def address_of(request: HttpRequest | ApiRequest) -> str | None:
    """Where the request came from; None when that is no address (a local socket).

    Behind TRUSTED_PROXIES proxies of ours it is what the outermost of them saw: it stands that
    many places from the end of X-Forwarded-For, and what stands before was written by the caller.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        passed_on = [""] * settings.TRUSTED_PROXIES
        passed_on += request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        text = passed_on[-settings.TRUSTED_PROXIES].strip() or text
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


class RecordedReads(MixinBase):
    """For API views of health data: every answer that shows some is on record.

    Comes first among the bases. `patients_in` says whose data an answer's body holds.
    """

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Raise ReasonNeededError for who may, but must say why and does not."""
        super().initial(request, *args, **kwargs)
        if reasons.needs_access_reason(request.user) and not reasons.header_of(request):
            raise ReasonNeededError

    def patients_in(self, body: Any) -> Iterable[int]:
        """The patients whose data the body of a 2xx holds."""
        raise NotImplementedError

    def finalize_response(self, request: Any, response: Response, *args: Any, **kw: Any) -> Any:
        """The answer, once the read is on record."""
        # A file has no data: its view puts it on record.
        data = getattr(response, "data", None)
        shows = 200 <= response.status_code < 300 and data is not None
        if shows and request.method != "OPTIONS" and self.is_shown(request):
            record(request, self.patients_in(data), self.how(request))
        return super().finalize_response(request, response, *args, **kw)

    def is_shown(self, request: Any) -> bool:
        """Whether a 2xx shows data: who may write and not read is shown an id, which is no read
        (identity/api/renderers.py)."""
        return may_read(request, self)

    def how(self, request: Any) -> str:
        """In what way it is read."""
        if getattr(self, "action", "") != "list":
            return How.DETAIL
        return How.SEARCH if request.query_params.get("search") else How.LIST


class RecordedAdmin(MixinBase):
    """For admin pages of health data: lists, searches, pages and autocompletion are on record.

    Comes first among the bases. `patient_key` names the column that holds the patient's key.
    Whoever treats nobody is asked why first (identity/access_log/reasons.py).
    """

    patient_key = "pk"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, once the patients on it are on record."""
        if page := self._why(request, reasons.LISTS):
            return page
        why = reasons.given_reason(request, reasons.LISTS)
        request.access_reason = why  # type: ignore[attr-defined]  # for the history
        answer = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None) or {}
        shown = context.get("cl")
        if shown is not None:
            how = How.SEARCH if shown.query else How.LIST
            self._record(request, shown.result_list, how, why)
        elif rows := context.get("drawn_rows"):  # those that an action is about to change
            self._record(request, rows, How.LIST, why)
        return answer

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any) -> Any:
        """The form of a row, or of a new one, once who must say why has said it."""
        page = self._why_of(request, object_id)
        return page or super().changeform_view(request, object_id, *args)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """The form as it is shown, once the patients that it names are on record.

        Taken from the form and not from the address: one that comes back with an error names
        whoever was chosen.
        """
        form = context["adminform"].form
        shown = [key for name in form.fields if (key := self._patient_of(form[name])) is not None]
        for key in shown:
            if page := self._why(request, key):
                return page
            record(request, [key], How.DETAIL, reason=reasons.given_reason(request, key))
        return super().render_change_form(request, context, *args, **kw)

    def _patient_of(self, field: Any) -> int | None:
        """The patient whom a field of a form shows, if it shows one."""
        rows = getattr(field.field, "queryset", None)
        if rows is None or rows.model._meta.label != PATIENT or field.is_hidden:
            return None
        try:
            chosen = field.field.clean(field.value())
        except ValidationError:
            return None
        return chosen.pk if chosen else None

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any) -> Any:
        """The page that asks before it deletes."""
        page = self._why_of(request, object_id)
        return page or super().delete_view(request, object_id, *args)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any) -> Any:
        """What was changed in the admin."""
        page = self._why_of(request, object_id)
        return page or super().history_view(request, object_id, *args)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The row behind a page (to change, to delete, its history), once it is on record."""
        patient_row = super().get_object(request, object_id, from_field)
        # The page asks for the right only after this.
        if patient_row is not None and self.has_view_or_change_permission(request, patient_row):
            why = reasons.given_reason(request, getattr(patient_row, self.patient_key))
            request.access_reason = why  # type: ignore[attr-defined]  # for the history
            self._record(request, [patient_row], How.DETAIL, why)
            page = request.GET.get("looked", "1")
            patient_row.looked_page = int(page) if page.isdecimal() and 0 < len(page) < 6 else 1
        return patient_row

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """What a search found; for autocompletion the page of it that is shown is on record.

        Raises PermissionDenied while a reason is due: a field cannot ask for it.
        """
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        match = request.resolver_match
        if match is not None and match.url_name in ("autocomplete", "search"):
            if self._why(request, reasons.LISTS):
                raise PermissionDenied
            page = request.GET.get("page", "1")
            start = (int(page) - 1 if page.isdecimal() and len(page) < 6 else 0) * AUTOCOMPLETE_PAGE
            shown = rows[max(start, 0) : max(start, 0) + AUTOCOMPLETE_PAGE]
            why = reasons.given_reason(request, reasons.LISTS)
            self._record(request, shown, How.AUTOCOMPLETE, why)
        return rows, may_repeat

    def _why(self, request: HttpRequest, key: Any) -> HttpResponse | None:
        """The page that asks for a reason, if one is due from somebody who may look at all."""
        may_look = self.has_view_permission(request)
        return reasons.page_for(request, key) if may_look else None

    def _why_of(self, request: HttpRequest, object_id: Any) -> HttpResponse | None:
        """The same for the patient of a row; a new row has none yet, so it is as for lists."""
        rows = self.model._default_manager.none()
        if object_id is not None and is_key(object_id):
            rows = self.model._default_manager.filter(pk=object_id)
        key = rows.values_list(self.patient_key, flat=True).first()
        return self._why(request, reasons.LISTS if key is None else key)

    def _record(self, request: HttpRequest, rows: Iterable[Any], how: str, reason: str) -> None:
        keys = [getattr(row, self.patient_key) for row in rows]
        record(request, keys, how, reason=reason)
