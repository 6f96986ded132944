"""Patients and studies for tests. Studies are made by the service, so they have their events."""

from datetime import date
from typing import Any

import factory
from factory.declarations import Sequence

from clinical.models import Patient, Study
from clinical.services import create_study

# What a form of a patient sends of the tables below it.
NO_ROWS_BELOW = tuple(
    f"{rows}-{part}_FORMS" for rows in ("identifiers", "studies") for part in ("TOTAL", "INITIAL")
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
