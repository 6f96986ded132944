"""What is held of a patient's samples and results: health records, which stay for their time."""

from collections.abc import Iterator

from django.db.models import F, Q

from clinical.models import LabResult, ResultEvent, ResultVersion, Sample, SampleEvent, Sex
from desk.personal_data.append_only.function import empties
from desk.personal_data.by_app.patients import ERASED, KEPT, after_its_time, records_of
from desk.personal_data.parts import Part, Row, Subject, values


def _samples(subject: Subject) -> Iterator[Row]:
    rows = Sample.objects.filter(patient__in=records_of(subject))
    person = ("first_name", "last_name", "birth_date", "sex")
    times = ("sampled_at", "consent_version", "state", "registered_at")
    return values(rows, "patient", "serial", "kit_type", *person, *times)


def _events(subject: Subject) -> Iterator[Row]:
    rows = SampleEvent.objects.filter(sample__patient__in=records_of(subject))
    return values(rows, "sample__serial", "kind", "from_state", "to_state", "at", "actor", "detail")


def _erase_samples(subject: Subject) -> int:
    samples = list(Sample.objects.filter(patient__in=records_of(subject)).order_by("pk"))
    for sample in samples:
        sample.first_name, sample.last_name, sample.sex = ERASED, "", Sex.UNKNOWN
        sample.birth_date = sample.birth_date.replace(month=1, day=1)
        sample.save(update_fields=["first_name", "last_name", "sex", "birth_date"])
    return len(samples)


def _results(subject: Subject) -> Iterator[Row]:
    rows = LabResult.objects.filter(patient__in=records_of(subject))
    return values(rows, "id", "laboratory", "reference", "sample__serial", "state", "received_at")


def _versions(subject: Subject) -> Iterator[Row]:
    """Those that hold, of what is released: what nobody has seen yet is told by a clinician, and
    another version may name somebody else. What held before stands in the reports."""
    owned = Q(result__patient__in=records_of(subject), result__state="released")
    holds = Q(number=F("result__number"))
    texts = ("status", "flag", "serial", "person", "birth_date", "findings", "issued_at", "at")
    return values(ResultVersion.objects.filter(owned & holds), "result", "number", *texts)


def _result_events(subject: Subject) -> Iterator[Row]:
    """But for who was called: that says that a version was critical, also one never released."""
    rows = ResultEvent.objects.filter(result__patient__in=records_of(subject))
    rows = rows.exclude(kind="called")
    return values(rows, "result", "kind", "from_state", "to_state", "at", "actor", "detail")


def _erase_results(subject: Subject) -> int:
    rows = LabResult.objects.filter(patient__in=records_of(subject), identity__isnull=False)
    return rows.update(identity=None)


PARTS = (
    Part(
        "samples",
        "patient",
        _samples,
        after_its_time(_erase_samples),
        f"{KEPT}all; then serial, kit type, state and times, for figures.",
    ),
    Part(
        "sample_events",
        "patient",
        _events,
        after_its_time(empties("sample_events")),
        f"{KEPT}all; then who did what with a sample, and when.",
    ),
    Part(
        "results",
        "patient",
        _results,
        after_its_time(_erase_results),
        f"{KEPT}all; then laboratory, reference, state and times, for figures.",
    ),
    Part(
        "result_versions",
        "patient",
        _versions,
        after_its_time(empties("result_versions")),
        f"{KEPT}all; then status, flag and times. Given out: what holds, once released.",
    ),
    Part(
        "result_events",
        "patient",
        _result_events,
        after_its_time(empties("result_events")),
        f"{KEPT}all; then who did what with a result, and when.",
    ),
)
