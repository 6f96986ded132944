"""Samples: whose they are, each serial once, and what ends them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import FieldError, ValidationError

from clinical.laboratories import samples
from clinical.laboratories.samples import SerialTakenError, TestTaker
from clinical.models import Patient, Sample, SampleEvent
from clinical.tests.factories import PatientFactory, registered_sample
from core.database import clock
from core.tests.beside import at_once
from core.workflow import TransitionNotAllowedError
from customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def test_a_sample_is_registered_with_its_patient():
    sample = registered_sample("k7-0lo", kit_type="ancestry", sampled_at=None)
    assert (sample.serial, sample.state) == ("K7010", "registered")
    patient = Patient.objects.get()
    assert (sample.patient, str(patient), patient.birth_date) == (
        patient,
        "Ana Ruiz",
        date(1990, 5, 17),
    )
    event = SampleEvent.objects.get()
    assert (event.sample, event.kind, event.actor) == (sample, "registered", "system")


def test_a_serial_is_registered_once():
    first = registered_sample("K7010")
    with pytest.raises(SerialTakenError) as refused:
        registered_sample("k7-0io", first_name="Eva")
    assert refused.value.sample == first
    assert Patient.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_register_one_serial_at_once_make_one_sample_and_one_patient():
    done = at_once(*[lambda: registered_sample("K7010")] * 2)
    assert {type(each) for each in done} == {Sample, SerialTakenError}
    assert (Sample.objects.count(), Patient.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"serial": "K7/1"}, "serial"),
        ({"serial": "7" * 41}, "serial"),
        ({"serial": " - "}, "serial"),
        ({"first_name": "", "last_name": ""}, "last_name"),
        ({"first_name": "."}, "first_name"),
        ({"birth_date": date(2999, 1, 1)}, "birth_date"),
        ({"sampled_at": datetime(1980, 1, 1, tzinfo=UTC)}, "sampled_at"),
        ({"sampled_at": datetime(2999, 1, 1, tzinfo=UTC)}, "sampled_at"),
        ({"sex": "x"}, "sex"),
        ({"consent_version": ""}, "consent_version"),
        ({"kit_type": ""}, "kit_type"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field_and_leaves_nothing(wrong, field):
    with pytest.raises(ValidationError) as refused:
        registered_sample(**{"serial": "K7010", **wrong})
    assert set(refused.value.message_dict) == {field}
    assert not Patient.objects.exists()


def test_the_patient_is_found_who_is_that_customer_by_name_and_birth_date():
    customer = CustomerFactory.create()
    known = PatientFactory.create(
        first_name="RUÍZ", last_name="Ana", birth_date=date(1990, 5, 17), customer=customer
    )
    assert registered_sample("K1", customer=customer).patient == known


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Eva"},  # her twin
        {"birth_date": date(1990, 5, 18)},
        {"customer": None},  # name and birth date alone are no proof
        {"archived_at": clock.now},
    ],
)
def test_nobody_is_taken_for_somebody_else(other):
    customer = CustomerFactory.create()
    values = {"first_name": "Ana", "last_name": "Ruiz", "birth_date": date(1990, 5, 17)}
    values |= {"customer": customer} | other
    values = {name: value() if callable(value) else value for name, value in values.items()}
    known = PatientFactory.create(**values)
    assert registered_sample("K1", customer=customer).patient != known


def test_of_two_records_that_fit_none_is_chosen():
    customer = CustomerFactory.create()
    known = [
        PatientFactory.create(
            first_name="Ana", last_name="Ruiz", birth_date=date(1990, 5, 17), customer=customer
        )
        for _ in range(2)
    ]
    assert registered_sample("K1", customer=customer).patient not in known


def test_what_a_person_withdrew_can_still_be_destroyed_and_no_more():
    sample = registered_sample("K1")
    samples.withdraw(sample, by="user:1 mona", reason="by phone")
    samples.destroy(sample, by="user:1 mona")
    with pytest.raises(TransitionNotAllowedError):
        samples.withdraw(sample, by="user:1 mona")
    kinds = [(event.kind, event.detail) for event in SampleEvent.objects.order_by("id")]
    assert kinds == [("registered", ""), ("withdrawn", "by phone"), ("destroyed", "")]


def test_the_database_does_not_read_who_it_is_of():
    sample = registered_sample("K1", birth_date=date(1990, 5, 17))
    assert Sample.objects.get(birth_date=date(1990, 5, 17)) == sample
    assert not Sample.objects.filter(birth_date=date(1990, 5, 17) + timedelta(1)).exists()
    with pytest.raises(FieldError):
        Sample.objects.filter(first_name="Ana")


def test_a_test_taker_may_be_named_by_one_name():
    taker = TestTaker("", "Suharto", date(1921, 6, 8))
    sample = samples.register(
        "K1", taker, kit_type="x", sampled_at=clock.now(), consent_version="1", by="user:1"
    )
    assert sample.person == "Suharto"
