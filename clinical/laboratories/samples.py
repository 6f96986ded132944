"""The verbs of samples: register, withdraw, destroy. Every change leaves a SampleEvent."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinical.births import Born, Precision
from clinical.laboratories.applying import let_go
from clinical.laboratories.comparing import normalized, same_name
from clinical.models import Patient, Sample, SampleEvent, Sex
from clinical.models.samples import LONGEST_SERIAL
from clinical.patients.services import create_patient
from clinical.search import born_on
from clinical.states import SampleState
from core.database import clock
from core.history.origin import because
from core.workflow import transition
from customers.models import Customer

__all__ = ["SerialTakenError", "TestTaker", "destroy", "normalized", "register", "withdraw"]


class SerialTakenError(ValidationError):
    """Another sample has this serial; `sample` is that one."""

    def __init__(self, sample: Sample) -> None:
        text = "A sample is registered under this serial already."
        super().__init__({"serial": ValidationError(text, "unique")})
        self.sample = sample


@dataclass(frozen=True, slots=True)
class TestTaker:
    """Who gave a sample, as they wrote it: names, the day of birth, and sex (`Sex`).

    `customer` is the test taker as one of ours, None where that is not known: who buys a kit need
    not be who takes the test.
    """

    first_name: str
    last_name: str
    birth_date: date
    sex: str = Sex.UNKNOWN
    customer: Customer | None = None

    # Pytest takes what is called Test… for tests.
    __test__ = False


def register(
    serial: str,
    taker: TestTaker,
    *,
    kit_type: str,
    sampled_at: datetime,
    consent_version: str,
    by: str,
) -> Sample:
    """Put a sample on record, with the patient whose it is.

    Raises ValidationError by field for what cannot be, and
    SerialTakenError for a serial that is registered already; nothing is written then.
    """
    sample = Sample(
        serial=normalized(serial)[: LONGEST_SERIAL + 1],
        kit_type=kit_type,
        first_name=taker.first_name,
        last_name=taker.last_name,
        birth_date=taker.birth_date,
        sex=taker.sex,
        sampled_at=sampled_at,
        consent_version=consent_version,
    )
    _check(sample)
    try:
        with transaction.atomic():
            sample.patient = _patient_of(sample, taker.customer)
            sample.save(force_insert=True)
            SampleEvent.objects.create(
                sample=sample, kind="registered", to_state=sample.state, actor=by
            )
    except IntegrityError as error:
        taken = Sample.objects.filter(serial=sample.serial).first()
        if taken is None:
            raise
        raise SerialTakenError(taken) from error
    return sample


def withdraw(sample: Sample, *, by: str, reason: str = "") -> None:
    """The person does not want it examined, or its result to be known.

    Raises TransitionNotAllowedError when that was done before, or it is destroyed.
    """
    _end(sample, SampleState.WITHDRAWN, by=by, reason=reason)


def destroy(sample: Sample, *, by: str, reason: str = "") -> None:
    """There is nothing left of it. Raises TransitionNotAllowedError when that was said before."""
    _end(sample, SampleState.DESTROYED, by=by, reason=reason)


@transaction.atomic
def _end(sample: Sample, to: SampleState, *, by: str, reason: str) -> None:
    """A result that nobody has seen yet is not attached to it any more."""
    with because(reason):
        transition(sample, to, by=by, detail=reason)
    let_go(sample, by=by)


def _check(sample: Sample) -> None:
    """Raise ValidationError, by field, for what a sample cannot be."""
    sample.clean_fields(exclude=["patient"])
    if not sample.person:
        raise ValidationError({"last_name": "Give at least one of the two names."})
    if sample.sampled_at > clock.now():
        raise ValidationError({"sampled_at": "Give a time that is not in the future."})
    if sample.sampled_at.date() < sample.birth_date:
        raise ValidationError({"sampled_at": "Give a time after the birth date."})


def _patient_of(sample: Sample, customer: Customer | None) -> Patient:
    """The one record of this customer that has this very name and day of birth, or a new one.

    Nobody is taken for somebody else by name and birth date alone: staff merge what is one person.
    """
    if customer is not None:
        born = Born(sample.birth_date, Precision.DAY)
        theirs = born_on(Patient.objects.current().filter(customer=customer), born)
        same = [patient for patient in theirs if same_name(str(patient), sample.person)]
        if len(same) == 1:
            return same[0]
    return create_patient(
        first_name=sample.first_name,
        last_name=sample.last_name,
        birth_date=sample.birth_date,
        customer=customer,
    )
