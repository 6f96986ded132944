"""Two at once: nothing is lost and nothing doubled."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ClassVar

import pytest
from django.db import IntegrityError, connection

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from clinical.models import Patient, Study, StudyEvent
from clinical.patients.services import StudiesOnRecordError, delete_patient
from clinical.services import create_study, update_study
from clinical.tests.factories import PatientFactory, study_of
from core.imports import Check, run
from core.workflow import TransitionNotAllowedError

pytestmark = pytest.mark.django_db(transaction=True)
XRAY = {"urgency_level": "HIGH", "body_part": "NECK", "type": "XRAY"}
PATIENTS = b"first_name,last_name,birth_date,email,id\n" + b"".join(
    b"Ana,Paz,1990-01-01,,%d\n" % n for n in range(2_000)
)
STUDIES = b"urgency_level,body_part,description,type,patient_id\n" + b"HIGH,NECK,,XRAY,7\n" * 500


def at_once(*jobs):
    """Run the jobs together, each on a connection of its own; what they gave or raised."""
    start = Barrier(len(jobs))

    def one(job):
        start.wait()
        try:
            return job()
        except (TransitionNotAllowedError, StudiesOnRecordError) as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))


def backwards(data):
    header, *rows = data.splitlines()
    return b"\n".join([header, *reversed(rows)])


def test_two_imports_of_the_same_patients_add_them_once():
    """In opposite orders, which would deadlock if they did not wait for each other."""
    files = (PATIENTS, backwards(PATIENTS))
    jobs = [
        lambda data=data: run(PatientImporter(), io.BytesIO(data), by="user:test") for data in files
    ]
    assert sorted(report.created for report in at_once(*jobs)) == [0, 2_000]
    assert Patient.objects.count() == 2_000


def test_two_imports_of_the_same_studies_add_them_once():
    PatientFactory.create(external_id="7")
    job = lambda: run(StudyImporter(), io.BytesIO(STUDIES), by="user:test")  # noqa: E731 - each run reads a file of its own
    assert sorted(report.created for report in at_once(job, job)) == [0, 500]
    assert Study.objects.count() == StudyEvent.objects.count() == 500


@pytest.mark.parametrize("_round", range(5))
def test_a_patient_is_archived_or_gets_a_study_but_never_both(_round):
    patient = PatientFactory.create()
    deleted, made = at_once(
        lambda: delete_patient(patient, by="user:test"),
        lambda: create_study(Study(patient=patient, **XRAY), by="user:test"),
    )
    assert made is TransitionNotAllowedError or deleted is StudiesOnRecordError
    assert Patient.objects.current().count() == Study.objects.count() == StudyEvent.objects.count()


def test_two_changes_of_one_study_keep_both():
    study = study_of()
    at_once(
        lambda: update_study(study, by="user:one", type="CT"),
        lambda: update_study(study, by="user:two", body_part="HIP"),
    )
    study.refresh_from_db()
    assert (study.type, study.body_part) == ("CT", "HIP")
    assert study.events.filter(kind="updated").count() == 2


def test_a_patient_who_vanishes_during_an_import_is_an_error_and_not_a_lost_row():
    class AfterTheCheck(StudyImporter):
        checks: ClassVar[Sequence[Check]] = ()

    with pytest.raises(IntegrityError):
        run(AfterTheCheck(), io.BytesIO(STUDIES), by="user:test")
    assert not Study.objects.exists()
