"""What patients are searched by, beside the texts that nobody can read in the database."""

from datetime import date, timedelta

import pytest

from clinical.births import Born, Precision
from clinical.models import Patient
from clinical.search_tokens import _periods, is_born_within, tokens_of
from clinical.tests.factories import PatientFactory

BORN = Born(date(1985, 4, 10), Precision.DAY)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


@pytest.mark.parametrize("known", Precision)
@pytest.mark.parametrize("length", [1, 2, 28, 31, 60, 365, 366, 800])
@pytest.mark.parametrize("first", [date(1984, 1, 1), date(1984, 2, 1), date(1983, 11, 29)])
def test_periods_are_the_days_and_no_others(known, length, first):
    last = first + timedelta(days=length - 1)
    periods = list(_periods(first, last, known))
    for day in days(date(1982, 6, 1), 1900):
        born = Born(day, known)
        if born.first == day:
            covered = any(born.written().startswith(period) for period in periods)
            assert covered == (first <= day <= last), (day, periods)
    assert len(periods) < 80


@pytest.mark.django_db
def test_a_span_finds_who_is_born_in_it():
    inside = PatientFactory.create(birth_date=date(1985, 4, 10))
    PatientFactory.create(birth_date=date(1985, 4, 1), birth_date_precision=Precision.MONTH)
    PatientFactory.create(birth_date=date(1990, 1, 1))
    condition = is_born_within(date(1985, 4, 9), date(1989, 12, 31), Precision.DAY)
    assert list(Patient.objects.filter(condition)) == [inside]
    assert not Patient.objects.filter(
        is_born_within(date(2990, 1, 1), None, Precision.DAY)
    ).exists()


def test_tokens_depend_on_the_key_and_say_nothing_without_it(settings):
    before = tokens_of("Zoe", "Vane", "zoe@mail.example", BORN)
    settings.BLIND_INDEX_KEY = "Y2ktaW5kZXgta2V5LTAxMjM0NTY3ODlhYmNkZWZnaGk="
    assert not before & tokens_of("Zoe", "Vane", "zoe@mail.example", BORN)


def test_a_row_has_a_token_for_each_beginning_and_each_part_of_its_birth_date():
    assert len(tokens_of("Zoe", "", "", BORN)) == 3 + 3
    year = Born(date(1985, 1, 1), Precision.YEAR)
    assert len(tokens_of("Zoe", "", "", year)) == 3 + 1


def test_a_day_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="as its first day"):
        tokens_of("Zoe", "", "", Born(date(1985, 4, 10), Precision.MONTH))


@pytest.mark.django_db
def test_what_would_leave_a_stale_index_is_refused():
    patient = PatientFactory.create()
    with pytest.raises(TypeError, match="search_tokens is made from what is updated"):
        Patient.objects.update(last_name="Other")
    with pytest.raises(TypeError, match="external_id_index"):
        Patient.objects.bulk_update([patient], ["external_id"])
    patient.external_id = "x-2"
    patient.save(update_fields=["external_id"])
    assert Patient.objects.get(external_id="x-2") == patient
    assert list(Patient.objects.filter(external_id__in=["x-2", "x-3"])) == [patient]
