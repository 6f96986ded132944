"""What is held of a patient's samples: health records, which stay for their time."""

from collections.abc import Iterator

from clinical.models import Sample, SampleEvent, Sex
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
)
