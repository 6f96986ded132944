"""What is held of a patient, and what of it can be erased: health records stay for their time."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO

from django.conf import settings
from django.db.models import Q

from clinical.attachments.erased import erase_attachments
from clinical.attachments.services import FileStorageError, open_attachment
from clinical.births import Precision
from clinical.models import Patient, PatientIdentifier, PatientMerge, Study, StudyEvent, StudyReport
from clinical.models.attachments import SERVED_AS, AttachmentKind, StudyAttachment, on_record
from core.database import clock
from desk.personal_data.append_only.expiry import NAME as ACCESS_LOG
from desk.personal_data.append_only.expiry import expire_access_log
from desk.personal_data.append_only.function import empties
from desk.personal_data.parts import (
    Part,
    Retention,
    Row,
    Subject,
    history_values,
    nothing_to_show,
    values,
)
from identity.models import AccessRecord

ERASED = "erased"
HISTORY = "Who changed which field, and when; what it was is gone with what stands in the record."


def records_of(subject: Subject) -> list[int]:
    """The keys of the patient's record and of those that were merged into it."""
    keys, newest = {subject.key}, {subject.key}
    while newest:
        merged = Patient.objects.filter(merged_into__in=newest).values_list("pk", flat=True)
        newest = set(merged) - keys
        keys |= newest
    return sorted(keys)


def is_kept(subject: Subject) -> bool:
    """Whether the law still asks for a health record of this patient."""
    studies = Study.objects.filter(patient__in=records_of(subject))
    return studies.filter(created_at__gte=_kept_since()).exists()


def _kept_since() -> datetime:
    """This day so many years ago; of 29 February the day before, where there is none."""
    today = clock.now()
    try:
        return today.replace(year=today.year - settings.HEALTH_RECORD_YEARS)
    except ValueError:
        return today.replace(year=today.year - settings.HEALTH_RECORD_YEARS, day=28)


def after_its_time(erase: Callable[[Subject], int]) -> Callable[[Subject], int]:
    """Nothing while a health record is kept."""
    return lambda subject: 0 if is_kept(subject) else erase(subject)


def _patient(subject: Subject) -> Iterator[Row]:
    names = ("first_name", "last_name", "birth_date", "birth_date_precision", "email")
    columns = ("id", *names, "external_id", "customer", "created_at", "archived_at", "merged_into")
    return values(Patient.objects.filter(pk__in=records_of(subject)), *columns)


def _linked(subject: Subject) -> Iterator[Row]:
    """Which patients a customer is: their own data are given out on their own page."""
    return values(Patient.objects.filter(customer=subject.key), "id", "created_at")


def _linked_keys(subject: Subject) -> list[int]:
    return list(Patient.objects.filter(customer=subject.key).values_list("pk", flat=True))


def _identifiers(subject: Subject) -> Iterator[Row]:
    rows = PatientIdentifier.objects.filter(patient__in=records_of(subject))
    return values(rows, "patient", "type", "system", "value", "created_at")


def _studies(subject: Subject) -> Iterator[Row]:
    rows = Study.objects.filter(patient__in=records_of(subject))
    texts = ("urgency_level", "body_part", "description", "type", "state", "created_at")
    return values(rows, "id", "patient", *texts)


def _events(subject: Subject) -> Iterator[Row]:
    rows = StudyEvent.objects.filter(study__patient__in=records_of(subject))
    return values(rows, "study", "kind", "from_state", "to_state", "at", "actor", "detail")


def _reports(subject: Subject) -> Iterator[Row]:
    rows = StudyReport.objects.filter(study__patient__in=records_of(subject))
    columns = ("study", "number", "text", "reason", "written_by", "at")
    return values(rows, *columns, "signature__signed_by", "signature__at")


def _attachments(subject: Subject) -> Iterator[Row]:
    """Those on record: what was entered in error may be of somebody else."""
    rows = on_record().filter(study__patient__in=records_of(subject))
    return values(rows, "id", "study", "kind", "name", "size", "uploaded_by", "uploaded_at")


def _attachment_files(subject: Subject) -> Iterator[tuple[str, IO[bytes]]]:
    """Their content, named by number; what is wrong with a file in its place."""
    rows = on_record().filter(study__patient__in=records_of(subject)).order_by("pk")
    return (_attachment_file(row) for row in rows.iterator(chunk_size=500))


def _attachment_file(row: StudyAttachment) -> tuple[str, IO[bytes]]:
    _, ending = SERVED_AS[AttachmentKind(row.kind)]
    try:
        return f"attachments/{row.pk}{ending}", open_attachment(row)
    except FileStorageError as error:
        return f"attachments/{row.pk}.txt", io.BytesIO(str(error).encode())


def _merges(subject: Subject) -> Iterator[Row]:
    keys = records_of(subject)
    rows = PatientMerge.objects.filter(Q(survivor__in=keys) | Q(merged__in=keys))
    return values(rows, "survivor", "merged", "at", "actor", "reason", "undone_at", "undone_by")


def _reads(subject: Subject) -> Iterator[Row]:
    rows = AccessRecord.objects.filter(patients__overlap=records_of(subject))
    return values(rows, "at", "actor", "how", "via", "reason")


def _history(subject: Subject) -> Iterator[Row]:
    names = ("first_name", "last_name", "birth_date", "birth_date_precision", "email")
    return history_values(Patient, Q(id__in=records_of(subject)), *names, "archived_at")


def _identifier_history(subject: Subject) -> Iterator[Row]:
    owned = Q(patient__in=records_of(subject))
    return history_values(PatientIdentifier, owned, "type", "system", "value")


def _study_history(subject: Subject) -> Iterator[Row]:
    texts = ("urgency_level", "body_part", "description", "type", "state")
    return history_values(Study, Q(patient__in=records_of(subject)), *texts)


def _erase_patient(subject: Subject) -> int:
    """Let go of how the patient is reached; of who they are too, once no record is kept."""
    kept = is_kept(subject)
    patients = Patient.objects.select_for_update(of=("self",)).order_by("pk")
    for patient in patients.filter(pk__in=records_of(subject)):
        patient.email, patient.customer = "", None
        if not kept:
            patient.first_name, patient.last_name, patient.external_id = ERASED, "", None
            patient.birth_date = patient.birth_date.replace(month=1, day=1)
            patient.birth_date_precision = Precision.YEAR
            patient.archived_at = patient.archived_at or clock.now()
        patient.save()
    PatientMerge.objects.filter(survivor__in=records_of(subject)).update(before="{}", taken=[])
    return len(records_of(subject))


def _erase_merges(subject: Subject) -> int:
    """Why records were merged, or were not the same: in words."""
    keys = records_of(subject)
    rows = PatientMerge.objects.filter(Q(survivor__in=keys) | Q(merged__in=keys))
    return rows.exclude(reason="", undo_reason="").update(reason="", undo_reason="")


def _erase_history(subject: Subject) -> int:
    """Of how the patient is reached; of who they are too, once no record is kept."""
    return empties("contact_history" if is_kept(subject) else "patient_history")(subject)


def _erase_attachments(subject: Subject) -> int:
    return erase_attachments(records_of(subject))


def _erase_identifiers(subject: Subject) -> int:
    rows = PatientIdentifier.objects.filter(patient__in=records_of(subject))
    return rows.delete()[0]


def _erase_studies(subject: Subject) -> int:
    studies = list(Study.objects.filter(patient__in=records_of(subject)).order_by("pk"))
    for study in studies:
        study.body_part, study.description = ERASED, ""
        study.save(update_fields=["body_part", "description"])
    return len(studies)


RETENTIONS = (
    Retention(ACCESS_LOG, "RETENTION_ACCESS_LOG_DAYS", expire_access_log, notes_itself=True),
)
KEPT = "While a health record is kept for its time: "
PARTS = (
    Part(
        "linked_patients",
        "customer",
        _linked,
        kept="That a customer is a patient: the patient's erasure takes it.",
        right="clinical.view_patient",
        patients=_linked_keys,
    ),
    Part(
        "patient",
        "patient",
        _patient,
        _erase_patient,
        "Name and birth date while a health record is kept for its time, counted from the "
        "newest study (HEALTH_RECORD_YEARS); after that the year of birth alone.",
        patients=records_of,
    ),
    Part(
        "identifiers",
        "patient",
        _identifiers,
        after_its_time(_erase_identifiers),
        f"{KEPT}it must be known whose it is.",
    ),
    Part(
        "studies",
        "patient",
        _studies,
        after_its_time(_erase_studies),
        f"{KEPT}all; then type, state and times, for figures.",
    ),
    Part(
        "study_events",
        "patient",
        _events,
        after_its_time(empties("study_events")),
        f"{KEPT}all; then who did what with a study, and when.",
    ),
    Part(
        "study_reports",
        "patient",
        _reports,
        after_its_time(empties("study_reports")),
        f"{KEPT}all; then who wrote and signed a report, and when.",
    ),
    Part(
        "attachments",
        "patient",
        _attachments,
        after_its_time(_erase_attachments),
        f"{KEPT}all; then of what kind and size a file was, and who uploaded it when.",
        files=_attachment_files,
    ),
    Part(
        "merges",
        "patient",
        _merges,
        after_its_time(_erase_merges),
        "That records were merged, when and by whom.",
    ),
    Part(
        "who_looked",
        "patient",
        _reads,
        kept="Who looked at the data, and why: patients may ask for it. It holds keys alone.",
    ),
    Part("history", "patient", _history, _erase_history, HISTORY),
    Part(
        "identifier_history",
        "patient",
        _identifier_history,
        after_its_time(empties("identifier_history")),
        HISTORY,
    ),
    Part(
        "study_history",
        "patient",
        _study_history,
        after_its_time(empties("study_history")),
        HISTORY,
    ),
    Part(
        "logs",
        "patient",
        nothing_to_show,
        after_its_time(empties("log_of_patient")),
        "Answers under idempotency keys, imports and exports for a day: each is encrypted.",
    ),
)
