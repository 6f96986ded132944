"""Why somebody did it stands in the history of what was changed, and nowhere readable."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from clinical import services as studies
from clinical.models import Patient, Study
from clinical.patients import services as patients
from clinical.patients.merging import merge
from clinical.patients.undoing import undo
from clinical.reading import reports
from clinical.tests.factories import PatientFactory, clinician, signed_study, study_of
from core.history.changes import changes
from core.history.tracking import history_of
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
WHY = "Quirrel has another knee"


def reasons(row: Any) -> list[str]:
    """Of each change, the latest first."""
    model: Any = history_of(type(row))
    rows = model.objects.filter(id=row.pk).order_by("-pgh_id")
    return [change.said("reason") for change in changes(rows)]


def _merged() -> tuple[Patient, Patient, Any]:
    patient, twice = PatientFactory.create(), study_of().patient
    made = merge(patient, twice, take=["email"], by="user:x", reason=WHY)
    return patient, twice, made


def _amended() -> Study:
    study = signed_study()
    reports.amend(study, "No fracture", WHY, signer=clinician())
    return study


def _in_error() -> Study:
    study = signed_study()
    reports.enter_in_error(study, WHY, signer=clinician())
    return study


def _cancelled() -> Study:
    study = study_of()
    studies.cancel_study(study, by="user:x", reason=WHY)
    return study


def _archived() -> Patient:
    patient = PatientFactory.create()
    patients.archive_patient(patient, by="user:x", reason=WHY)
    return patient


def _restored() -> Patient:
    patient = _archived()
    patients.restore_patient(patient, by="user:x", reason=WHY)
    return patient


VERBS: dict[str, Callable[[], Any]] = {
    "amend": _amended,
    "enter in error": _in_error,
    "cancel": _cancelled,
    "archive": _archived,
    "restore": _restored,
    "merge": lambda: _merged()[1],
    "survive a merge": lambda: _merged()[0],
}


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_that_asks_why_says_it_in_the_history(verb: str) -> None:
    row = VERBS[verb]()
    told = reasons(row)
    assert told[0] == WHY
    assert told[-1] == ""


def test_undoing_a_merge_says_why_and_of_the_studies_that_move_too() -> None:
    _, twice, made = _merged()
    undo(made, by="user:x", reason="They are two after all")
    assert reasons(twice)[:2] == ["They are two after all", WHY]
    assert reasons(twice.studies.get())[:2] == ["They are two after all", WHY]


def test_what_is_done_next_has_no_reason_of_before() -> None:
    study = _cancelled()
    Study.objects.filter(pk=study.pk).update(urgency_level="LOW")
    assert reasons(study)[:2] == ["", WHY]


def test_no_reason_can_be_read_in_the_database() -> None:
    _, _, made = _merged()
    undo(made, by="user:x", reason=WHY)
    _amended()
    tables = ("clinical_patienthistory", "clinical_studyhistory", "clinical_patientmerge")
    with connection.cursor() as cursor:
        for table in (*tables, "clinical_studyreport", "clinical_studyevent"):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE to_jsonb(t)::text ILIKE ANY(%s)',
                [["%quirrel%", f"%{b'Quirrel'.hex()}%"]],
            )
            assert cursor.fetchone()[0] == 0, table


def test_the_api_says_it(api: Callable[..., Any]) -> None:
    patient = PatientFactory.create()
    client, url = api(), f"/api/v1/patients/{patient.pk}/"
    assert client.post(f"{url}archive/", {"reason": WHY}, format="json").status_code == 200
    assert client.post(f"{url}restore/").status_code == 200
    told = client.get(f"{url}history/").json()["results"]
    assert [each["reason"] for each in told] == ["", WHY, ""]


def test_the_history_page_says_it() -> None:
    patient = _archived()
    page = Client()
    page.force_login(staff("clinician"))
    answer = page.get(f"/admin/clinical/patient/{patient.pk}/history/")
    assert WHY in answer.content.decode()
