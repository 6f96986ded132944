"""Files of studies in the admin."""

import pytest

from clinical.models import StudyAttachment
from clinical.tests.attachments.samples import HTML, PDF, upload
from clinical.tests.factories import clinician, performed_study, study_of
from identity.models import AccessRecord
from identity.tests.factories import staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


def at(study, below="change/"):
    return f"/admin/clinical/study/{study.pk}/{below}"


@pytest.fixture
def clara(client):
    client.force_login(clinician(username="clara"))
    return client


def attached(client, study, content=PDF, name="Knee.pdf"):
    return client.post(at(study, "attach-file/"), {"file": upload(content, name)}, follow=True)


def test_a_file_is_attached_shown_and_downloaded(clara):
    study = performed_study()
    assert "up to 25 MB" in clara.get(at(study, "attach/"), follow=True).content.decode()
    shown = attached(clara, study).content.decode()
    row = StudyAttachment.objects.get()
    assert "Knee.pdf" in shown
    assert at(study, f"files/{row.pk}/") in shown
    file = clara.get(at(study, f"files/{row.pk}/"))
    assert b"".join(file.streaming_content) == PDF
    assert file["Content-Disposition"] == 'attachment; filename="Knee.pdf"'
    record = AccessRecord.objects.latest("id")
    assert (record.how, record.patients) == ("export", [study.patient_id])


def test_what_is_not_taken_is_told_on_the_page(clara):
    answer = attached(clara, performed_study(), HTML)
    assert answer.status_code == 422
    assert "This is an HTML page" in answer.content.decode()
    assert not StudyAttachment.objects.exists()


def test_a_form_without_a_file_says_so(clara):
    answer = clara.post(at(performed_study(), "attach-file/"), {})
    assert "This field is required" in answer.content.decode()


def test_one_in_error_is_shown_by_its_name_alone(clara):
    study = performed_study()
    attached(clara, study)
    row = StudyAttachment.objects.get()
    where = at(study, f"files/{row.pk}/in-error/")
    assert clara.post(where, {"reason": "x"}).status_code == 422
    shown = clara.post(where, {"reason": "Of another study"}, follow=True).content.decode()
    assert "Knee.pdf" in shown
    assert at(study, f"files/{row.pk}/") not in shown
    for below in (f"files/{row.pk}/", f"files/{row.pk}/in-error/"):
        assert clara.get(at(study, below)).status_code == 404


def test_a_file_of_another_study_is_not_there(clara):
    study, other = performed_study(), performed_study()
    attached(clara, study)
    key = StudyAttachment.objects.get().pk
    assert clara.get(at(other, f"files/{key}/")).status_code == 404


def test_a_study_that_is_over_takes_none(clara):
    study = study_of()
    chosen = {"action": "cancel_selected", "_selected_action": study.pk, "confirmed": "yes"}
    clara.post("/admin/clinical/study/", chosen)
    assert attached(clara, study).status_code == 403


def test_who_must_say_why_is_asked_before_the_download(client, clara):
    study = performed_study()
    attached(clara, study)
    where = at(study, f"files/{StudyAttachment.objects.get().pk}/")
    client.force_login(staff("auditor"))
    asked = client.get(where)
    assert "/admin/reason/?for=" in asked["Location"]
    client.post(asked["Location"], {"reason": "Audit"})
    assert b"".join(client.get(where).streaming_content) == PDF
    assert AccessRecord.objects.latest("id").reason == "Audit"


@pytest.mark.parametrize("role", ["support", "manager", "auditor"])
def test_others_attach_nothing(client, clara, role):
    study = performed_study()
    attached(clara, study)
    key = StudyAttachment.objects.get().pk
    client.force_login(staff(role))
    assert attached(client, study).status_code == 403
    assert client.get(at(study, f"files/{key}/in-error/")).status_code == 403
    if role != "auditor":
        assert client.get(at(study, f"files/{key}/")).status_code == 403
    assert StudyAttachment.objects.count() == 1


def test_a_damaged_file_is_told_of(clara, folder):
    study = performed_study()
    attached(clara, study)
    [stored] = [path for path in folder.rglob("*") if path.is_file()]
    stored.unlink()
    key = StudyAttachment.objects.get().pk
    said = clara.get(at(study, f"files/{key}/"), follow=True).content.decode()
    assert "missing or damaged" in said
