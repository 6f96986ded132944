"""Patients and studies for tests. Studies are made by the service, so they have their events."""

from datetime import date
from typing import Any

import factory
from factory.declarations import Sequence

from clinical.laboratories import samples
from clinical.laboratories.samples import TestTaker
from clinical.models import Patient, Sample, Study
from clinical.reading import reports
from clinical.services import create_study, perform_study
from core.database import clock
from identity.models import User
from identity.tests.factories import staff

# What a form of a patient sends of the tables below it.
NO_ROWS_BELOW = tuple(
    f"{rows}-{part}_FORMS"
    for rows in ("identifiers", "studies", "samples", "results")
    for part in ("TOTAL", "INITIAL")
)


class PatientFactory(factory.django.DjangoModelFactory[Patient]):
    """A grown-up patient who is no customer."""

    class Meta:
        model = Patient

    first_name = "Diana Laura"
    last_name = Sequence(lambda n: f"Del Toro {n}")
    birth_date = date(1988, 8, 29)
    email = Sequence(lambda n: f"diana{n}@ejemplo.com")


def study_of(patient: Patient | None = None, **values: Any) -> Study:
    """A study on record: the fourth of studies.csv."""
    study = Study(
        patient=patient or PatientFactory.create(),
        **{
            "urgency_level": "MID",
            "body_part": "BREASTS",
            "description": "HIGH DENSITY ON LEFT SIDE",
            "type": "MAMMOGRAM",
        }
        | values,
    )
    return create_study(study, by="user:test")


REPORT = "No fracture. Soft tissue swelling on the left side."


def performed_study(patient: Patient | None = None, **values: Any) -> Study:
    """A study that waits to be read."""
    study = study_of(patient, **values)
    perform_study(study, by="user:test")
    return study


def reported_study(patient: Patient | None = None, **values: Any) -> Study:
    """A study whose report waits to be signed."""
    study = performed_study(patient, **values)
    reports.report(study, REPORT, by="user:test")
    study.refresh_from_db()
    return study


def signed_study(patient: Patient | None = None, **values: Any) -> Study:
    """A final study."""
    study = reported_study(patient, **values)
    reports.sign(study, 1, signer=clinician())
    study.refresh_from_db()
    return study


def clinician(**fields: Any) -> User:
    """Somebody who reads studies."""
    return staff("clinician", **fields)


def registered_sample(serial: str = "K1", **values: Any) -> Sample:
    """A sample on record, of Ana Ruiz where nothing else is said."""
    given: dict[str, Any] = {
        "first_name": "Ana",
        "last_name": "Ruiz",
        "birth_date": date(1990, 5, 17),
        "sex": "female",
        "customer": None,
        "kit_type": "ancestry",
        "consent_version": "1",
        "by": "system",
    } | values
    person = ("first_name", "last_name", "birth_date", "sex", "customer")
    taker = TestTaker(*(given.pop(name) for name in person))
    given["sampled_at"] = given.get("sampled_at") or clock.now()
    return samples.register(serial, taker, **given)
