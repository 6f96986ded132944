"""The files of a study in the admin: pages below the study's own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from clinical.admin.studies.rows import StudyRows, sees_studies
from clinical.attachments import services
from clinical.models import Study, StudyAttachment
from clinical.models.attachments import on_record
from clinical.states import StudyState
from core.admin.pages import ReadOnlyInline
from core.forms import TextField
from core.risks import LONGEST_DETAIL, SHORTEST_REASON
from core.values.keys import is_key
from core.workflow import TransitionNotAllowedError
from identity.access_log import reasons
from identity.access_log.records import record
from identity.actors import actor_of
from identity.models import How

CHANGE = "clinical.change_study"
VIEW = "clinical.view_study"
CLOSED = frozenset({StudyState.CANCELLED, StudyState.ENTERED_IN_ERROR})


class UploadForm(forms.Form):
    """One file."""

    file = forms.FileField(
        allow_empty_file=True, max_length=500, widget=UnfoldAdminFileFieldWidget()
    )


class InErrorForm(forms.Form):
    """Why a file is taken off the record."""

    reason = TextField(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_DETAIL,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Kept on record.",
    )


class AttachmentInline(ReadOnlyInline):
    """The files of a study, those in error too."""

    model = StudyAttachment
    verbose_name_plural = "files"
    fields = ["file", "kind", "kilobytes", "uploaded_by", "uploaded_at", "in_error"]
    has_view_permission = sees_studies

    @display(description="file")
    def file(self, row: StudyAttachment) -> str:
        """The name, as a link that downloads it; of one in error the name alone."""
        if not row.is_on_record:
            return str(row.name)
        return _link("download", row, row.name)

    @display(description="kB")
    def kilobytes(self, row: StudyAttachment) -> str:
        """Its size."""
        return f"{max(row.size // 1000, 1):,}"

    @display(description="entered in error")
    def in_error(self, row: StudyAttachment) -> str:
        """By whom, or where that is said."""
        if row.erased_at is not None:
            return "erased"
        return row.entered_in_error_by or _link("file_in_error", row, "say so")


def _link(page: str, row: StudyAttachment, text: str) -> str:
    url = reverse(f"admin:clinical_study_{page}", args=[row.study_id, row.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


class StudyFiles(StudyRows):
    """Pages on which files are attached to a study, downloaded, and entered in error."""

    def get_urls(self) -> list[URLPattern]:
        """Below the study."""
        pages: dict[str, Callable[..., HttpResponseBase]] = {
            "attach_file": self.attach_file_view,
            "download": self.download_view,
            "file_in_error": self.file_in_error_view,
        }
        routes = {
            "attach_file": "<path:object_id>/attach-file/",
            "download": "<path:object_id>/files/<int:file>/",
            "file_in_error": "<path:object_id>/files/<int:file>/in-error/",
        }
        below = [
            path(routes[name], self.admin_site.admin_view(page), name=f"clinical_study_{name}")
            for name, page in pages.items()
        ]
        return [*below, *super().get_urls()]

    def has_attach_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether a file may be attached, to this study."""
        if not request.user.has_perm(CHANGE):
            return False
        rows = Study.objects.exclude(state__in=sorted(CLOSED))
        return object_id is None or (is_key(object_id) and rows.filter(pk=object_id).exists())

    @action(description="Attach a file", icon="attach_file", permissions=["attach"])
    def attach(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the page."""
        return redirect("admin:clinical_study_attach_file", object_id)

    def attach_file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Choose a file, and attach it. Raises PermissionDenied, Http404."""
        study = self._study(request, object_id, CHANGE)
        if not self.has_attach_permission(request, object_id):
            raise PermissionDenied
        is_sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
        if is_sent and form.is_valid():
            file = form.cleaned_data["file"]
            by = actor_of(request)
            if self._done(form, lambda: services.attach(study, file, file.name, by=by)):
                return self._back(request, study, "The file is attached.")
        most = settings.ATTACHMENT_BYTES // 1_000_000
        about = (
            f"PDF, PNG, JPEG or DICOM, up to {most} MB. A DICOM file must be of this patient: the "
            "name, and the birth date or a number that is known here."
        )
        return self._form(request, study, form, "Attach a file", about)

    def download_view(self, request: HttpRequest, object_id: str, file: int) -> HttpResponseBase:
        """The file, once who looks is on record. Raises PermissionDenied, Http404."""
        study = self._study(request, object_id, VIEW)
        if page := reasons.page_for(request, study.patient_id):
            return page
        row = self._file(study, file)
        try:
            content = services.open_attachment(row)
        except services.FileStorageError as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:clinical_study_change", study.pk)
        why = reasons.given_reason(request, study.patient_id)
        record(request, [study.patient_id], How.EXPORT, reason=why)
        return services.download(row, content)

    def file_in_error_view(self, request: HttpRequest, object_id: str, file: int) -> HttpResponse:
        """Say why it is wrong, and take it off the record. Raises PermissionDenied, Http404."""
        study = self._study(request, object_id, CHANGE)
        row = self._file(study, file)
        form = InErrorForm(request.POST) if request.method == "POST" else InErrorForm()
        if request.method == "POST" and form.is_valid():
            reason, by = form.cleaned_data["reason"], actor_of(request)
            if self._done(form, lambda: services.enter_in_error(row, reason, by=by)):
                return self._back(request, study, "The file is off the record.")
        about = f"File {row.pk} is not served any more. It is not destroyed."
        return self._form(request, study, form, "Entered in error", about)

    def _study(self, request: HttpRequest, key: str, permission: str) -> Study:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        if not is_key(key):
            raise Http404
        return get_object_or_404(Study.objects.select_related("patient"), pk=key)

    def _file(self, study: Study, key: int) -> StudyAttachment:
        rows: QuerySet[StudyAttachment] = on_record().filter(study=study)
        return get_object_or_404(rows, pk=key)

    def _done(self, form: forms.Form, verb: Callable[[], Any]) -> bool:
        """Whether it was; else the form says why not."""
        try:
            verb()
        except ValidationError as refused:
            form.add_error(None, " ".join(refused.messages))
        except (TransitionNotAllowedError, services.FileStorageError) as refused:
            form.add_error(None, str(refused))
        return not form.errors

    def _back(self, request: HttpRequest, study: Study, text: str) -> HttpResponse:
        self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:clinical_study_change", study.pk)

    def _form(
        self, request: HttpRequest, study: Study, form: forms.Form, title: str, about: str
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": f"{title}: {study}",
            "opts": self.opts,
            "about": about,
            "form": form,
            "button": title,
            "back": reverse("admin:clinical_study_change", args=[study.pk]),
        }
        page = "admin/clinical/study_form.html"
        return render(request, page, context, status=422 if form.errors else 200)
