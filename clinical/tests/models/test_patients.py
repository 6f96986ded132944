from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinical.births import Precision
from clinical.models import NAMELESS
from clinical.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def refused(**changes):
    """That the database itself takes no such patient, whoever writes it."""
    patient = PatientFactory.create()
    for name, value in changes.items():
        setattr(patient, name, value)
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        patient.save()
    return str(error.value)


def test_nobody_is_without_any_name():
    assert "patient_has_a_name" in refused(first_name="", last_name="")


@pytest.mark.parametrize("names", [("Suharto", ""), ("", "Suharto")])
def test_one_name_is_enough(names):
    patient = PatientFactory.create(first_name=names[0], last_name=names[1])

    patient.full_clean()

    assert str(patient) == "Suharto"


def test_who_has_no_name_is_told_what_to_give():
    with pytest.raises(ValidationError, match=NAMELESS):
        PatientFactory.build(first_name="", last_name="").full_clean()


@pytest.mark.parametrize("name", [".", "-", "--", "?"])
def test_a_mark_is_no_name(name):
    with pytest.raises(ValidationError, match="This is no name"):
        PatientFactory.build(last_name=name).full_clean()


@pytest.mark.parametrize(
    ("precision", "day"),
    [
        (Precision.MONTH, date(1985, 4, 2)),
        (Precision.YEAR, date(1985, 1, 2)),
        (Precision.YEAR, date(1985, 4, 1)),
    ],
)
def test_what_is_not_known_of_a_birth_date_is_not_stored(precision, day):
    with pytest.raises(ValueError, match="as its first day"):
        PatientFactory(birth_date=day, birth_date_precision=precision)


@pytest.mark.parametrize(
    ("precision", "written"),
    [(Precision.DAY, "1985-01-01"), (Precision.MONTH, "1985-01"), (Precision.YEAR, "1985")],
)
def test_the_same_first_day_is_written_as_far_as_it_is_known(precision, written):
    patient = PatientFactory.create(birth_date=date(1985, 1, 1), birth_date_precision=precision)

    assert patient.born.written() == written


def test_two_patients_have_no_foreign_id_in_common():
    PatientFactory.create(external_id="7")

    assert "one_patient_per_external_id" in refused(external_id="7")
