"""`manage.py import_studies` (requirement B4)."""

import io

import pytest
from django.core.management import CommandError, call_command

from clinical import demo
from clinical.imports.patients import PatientImporter
from clinical.imports.studies import NOT_CHANGED, StudyImporter
from clinical.models import Patient, Study, StudyEvent
from clinical.services import delete_study, update_study
from clinical.tests.factories import PatientFactory, study_of
from core.imports import own_ids, run

pytestmark = pytest.mark.django_db
HEADER = "urgency_level, body_part, description, type, patient_id\n"

CONTENT = ("urgency_level", "body_part", "description", "type", "patient_id")
OWN_HEADER = "urgency_level, body_part, description, type, patient_id, dosette_id\n"


def own(study):
    return own_ids.written(Study, study.pk)


def imported(text, importer=StudyImporter):
    data = text if isinstance(text, bytes) else text.encode()
    return run(importer(), io.BytesIO(data), by="user:test")


def figures(report):
    return (report.created, report.updated, report.unchanged)


@pytest.fixture
def patients():
    imported((demo.DATA / "patients.csv").read_bytes(), PatientImporter)


def real():
    return (demo.DATA / "studies.csv").read_bytes()


def test_B4_the_real_file_is_imported_as_it_is(patients):
    assert figures(imported(real())) == (4, 0, 0)
    diana = Patient.objects.get(external_id="3")
    study = diana.studies.get()
    assert (study.urgency_level, study.body_part) == ("MID", "BREASTS")
    assert (study.description, study.type) == ("HIGH DENSITY ON LEFT SIDE", "MAMMOGRAM")
    assert Patient.objects.get(external_id="1").studies.count() == 2


def test_B4_every_imported_study_has_its_event(patients):
    imported(real())
    events = StudyEvent.objects.values_list("kind", "to_state", "actor", "detail")
    assert list(events) == [("created", "registered", "user:test", "imported")] * 4
    assert StudyEvent.objects.values("study").distinct().count() == 4


def test_B4_a_repeated_import_adds_nothing(patients):
    imported(real())
    assert figures(imported(real())) == (0, 0, 4)
    assert StudyEvent.objects.count() == 4


def test_B4_equal_rows_are_distinct_studies_and_are_counted_on(patients):
    row = "HIGH, NECK, NORMAL THYROID, XRAY, 1\n"
    assert figures(imported(HEADER + row * 3)) == (3, 0, 0)
    assert figures(imported(HEADER + row * 2)) == (0, 0, 2)
    assert figures(imported(HEADER + "LOW, NECK, , CT, 2\n" + row * 4)) == (2, 0, 3)
    assert [study.body_part for study in Study.objects.filter(type="XRAY")] == ["NECK"] * 4


def test_a_repeated_import_undoes_no_change_and_no_deletion(patients):
    """What staff did to an imported study stays, whatever the file says."""
    imported(real())
    first, second, *_ = Study.objects.all()
    update_study(first, by="user:test", urgency_level="LOW")
    delete_study(second, by="user:test")
    assert figures(imported(real())) == (0, 0, 4)
    first.refresh_from_db()
    assert (first.urgency_level, Study.objects.on_record().count()) == ("LOW", 3)


def test_B4_every_bad_row_is_named_and_nothing_is_written(patients):
    report = imported(
        HEADER
        + "URGENT, NECK, x, XRAY, 1\n"
        + "HIGH, , x, SMELL, 1\n"
        + f"HIGH, NECK, {'x' * 2001}, XRAY, 1\n"
        + "HIGH, NECK, fine, XRAY, 99\n"
        + "HIGH, NECK, fine, XRAY, \n"
        + "HIGH, NECK, fine, XRAY, 1\n"
    )
    assert [str(problem) for problem in report.problems] == [
        "line 2, urgency_level: Use one of: HIGH, MID, LOW.",
        "line 3, body_part: This may not be empty.",
        "line 3, type: Use one of: XRAY, MAMMOGRAM, CT, MRI, ULTRASOUND, PET, NUCLEAR, "
        "FLUOROSCOPY, ANGIOGRAPHY, DEXA, ECHOCARDIOGRAM, ENDOSCOPY, LABORATORY, OTHER.",
        "line 4, description: This has 2,001 characters; at most 2000 fit.",
        "line 5, patient_id: There is no such patient. Import the patients first.",
        "line 6, patient_id: This may not be empty.",
    ]
    assert not Study.objects.exists()


def test_many_lines_in_a_value_are_counted_right(patients):
    report = imported(HEADER + 'HIGH, NECK, "two\nlines", XRAY, 1\nHIGH, NECK, x, XRAY, 99\n')
    assert [problem.line for problem in report.problems] == [4]


def test_a_study_before_its_patients_is_refused():
    with pytest.raises(CommandError, match="4 problems"):
        call_command("import_studies", str(demo.DATA / "studies.csv"))


def test_the_demo_is_loaded_once_however_often():
    demo.load()
    demo.load()
    assert (Patient.objects.count(), Study.objects.count()) == (4, 4)
    assert StudyEvent.objects.count() == 4


def test_a_study_is_known_by_our_own_id_whatever_was_done_to_it(patients):
    imported(real())
    study = Study.objects.order_by("id")[0]
    update_study(study, by="user:test", urgency_level="LOW", description="fell\ndown")
    made_here = study_of(PatientFactory.create(external_id=None), description="")
    rows = [
        f'LOW, {study.body_part}, "fell\ndown", {study.type}, 1, {own(study)}\n',
        f"MID, BREASTS, , MAMMOGRAM, , {own(made_here)}\n",
    ]
    assert figures(imported(OWN_HEADER + "".join(rows))) == (0, 0, 2)
    assert Study.objects.count() == 5


def test_a_row_with_our_own_id_counts_among_equal_ones(patients):
    row = "HIGH, NECK, , CT, 1"
    assert figures(imported(HEADER + f"{row}\n")) == (1, 0, 0)
    named = f"{row}, {own(Study.objects.get())}\n"
    assert figures(imported(OWN_HEADER + named + f"{row}, \n")) == (1, 0, 1)
    assert figures(imported(OWN_HEADER + named + f"{row}, \n")) == (0, 0, 2)


def test_no_import_changes_a_study_that_it_names(patients):
    study = study_of(Patient.objects.get(external_id="1"))
    report = imported(
        OWN_HEADER
        + f"HIGH, KNEE, x, CT, 2, {own(study)}\n"
        + "HIGH, KNEE, x, CT, , \n"
        + f"MID, BREASTS, HIGH DENSITY ON LEFT SIDE, MAMMOGRAM, , study-{study.pk}-0123456789ab\n"
    )
    assert [(problem.line, problem.column, problem.reason) for problem in report.problems] == [
        *((2, name, NOT_CHANGED) for name in sorted(CONTENT)),
        (3, "patient_id", "This may not be empty."),
        (4, "dosette_id", own_ids.REFUSED),
    ]
