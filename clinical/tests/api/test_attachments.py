"""Files of studies over HTTP: checked, encrypted, on record, and served as downloads alone."""

import io

import pytest

from clinical.models import StudyAttachment
from clinical.tests.attachments.samples import HTML, PDF, PNG, dicom, upload
from clinical.tests.factories import PatientFactory, performed_study
from identity.models import AccessRecord
from identity.tests.factories import client_named

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]
CALLER = 2  # finding who calls, and the access log


def at(study, *parts):
    """The address of a study's files, or of one."""
    below = "".join(f"{part}/" for part in parts)
    return f"/api/v1/patients/{study.patient_id}/studies/{study.pk}/attachments/{below}"


def sent(client, study, content=PDF, name="report.pdf", **more):
    return client.post(at(study), {"file": upload(content, name)}, format="multipart", **more)


def content_of(answer):
    return b"".join(answer.streaming_content)


def test_a_file_is_attached_listed_and_downloaded(api):
    study, client = performed_study(), api("clinical:read", "clinical:write")
    made = sent(client, study, PDF, "Knee.PDF")
    assert made.status_code == 201
    row = made.json()
    assert row.items() >= {"kind": "PDF", "name": "Knee.pdf", "size": len(PDF)}.items()
    assert row["uploaded_by"] == client_named("test")
    assert made["Location"] == at(study, row["id"], "content")
    assert client.get(at(study)).json()["results"] == [row]
    file = client.get(made["Location"])
    assert content_of(file) == PDF


@pytest.mark.parametrize("accept", ["application/pdf", "image/*", "application/octet-stream"])
def test_a_download_comes_whatever_form_is_asked_for_and_an_error_as_json(api, accept):
    study, client = performed_study(), api()
    where = sent(client, study, PDF)["Location"]
    assert content_of(client.get(where, HTTP_ACCEPT=accept)) == PDF
    missing = client.get(at(study, 999_999, "content"), HTTP_ACCEPT=accept)
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/json")
    assert client.get(at(study), HTTP_ACCEPT=accept).status_code == 406


def test_a_download_is_kept_and_neither_shown_nor_run(api):
    study = performed_study()
    file = api().get(sent(api(), study, PNG, "a.html")["Location"])
    assert file["Content-Type"] == "image/png"
    assert file["Content-Disposition"] == 'attachment; filename="a.html.png"'
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Security-Policy"].startswith("sandbox")
    assert file["Cache-Control"] == "no-store"
    assert int(file["Content-Length"]) == len(PNG)


def test_each_download_and_list_is_on_record(api):
    study = performed_study()
    where = sent(api("clinical:write"), study)["Location"]
    assert not AccessRecord.objects.exists()
    api("clinical:read").get(where)
    api("clinical:read").get(at(study))
    assert [(r.how, r.patients) for r in AccessRecord.objects.order_by("id")] == [
        ("export", [study.patient_id]),
        ("list", [study.patient_id]),
    ]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (HTML, "report.pdf", "kind"),
        (b"", "report.pdf", "kind"),
        (PDF[:-8], "report.pdf", "incomplete"),
        (dicom(), "a.dcm", "no_patient"),
        (dicom(PatientName="Esparza^Jose", PatientBirthDate="19880829"), "a.dcm", "other_patient"),
    ],
    ids=["html", "empty", "cut", "of nobody", "of somebody else"],
)
def test_what_is_not_taken_is_told_and_nothing_is_left(api, folder, content, name, code):
    study = performed_study()
    answer = sent(api(), study, content, name)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["attr"], error["code"]) == (400, "file", code)
    assert "Esparza" not in answer.content.decode()
    assert not StudyAttachment.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_dicom_file_of_the_patient_is_taken(api):
    study = performed_study(PatientFactory.create(last_name="Toro"))
    content = dicom(PatientName="TORO^DIANA^LAURA", PatientBirthDate="19880829")
    assert sent(api(), study, content, "a.dcm").json()["kind"] == "DICOM"


def test_a_file_above_the_limit_is_refused_before_it_is_read(api, settings):
    settings.ATTACHMENT_BYTES = 100
    answer = sent(api(), performed_study(), PDF * 10)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "too_large")
    [pattern] = settings.BODY_LIMITS
    settings.BODY_LIMITS = {pattern: 200}
    answer = sent(api(), performed_study(), PDF * 10)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "body_too_large")


def test_other_addresses_keep_their_limit(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    study = performed_study()
    assert sent(api(), study, PDF[:-6] + b" " * 5_000 + b"%%EOF").status_code == 201
    body = {"description": "x" * 1_500}
    answer = api().patch(at(study).removesuffix("attachments/"), body, format="json")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body", [{}, {"file": "text"}, {"file": upload(), "name": "x"}, {"other": upload()}]
)
def test_a_form_that_lacks_the_file_or_has_more_is_refused(api, body):
    assert api().post(at(performed_study()), body, format="multipart").status_code == 400
    assert not StudyAttachment.objects.exists()


def test_json_is_no_upload(api):
    assert api().post(at(performed_study()), {"file": "x"}, format="json").status_code == 415


def test_the_same_key_attaches_once_and_another_file_under_it_is_refused(api):
    study, key = performed_study(), {"headers": {"Idempotency-Key": "k"}}
    first, again = (sent(api(), study, **key) for _ in range(2))
    assert (first.content, again["Idempotency-Replayed"]) == (again.content, "true")
    assert sent(api(), study, PNG, **key).status_code == 422
    assert StudyAttachment.objects.count() == 1


def test_one_in_error_is_neither_listed_nor_served(api):
    study = performed_study()
    made = sent(api(), study)
    where = at(study, made.json()["id"], "enter-in-error")
    assert api().post(where, {}, format="json").status_code == 400
    assert api().post(where, {"reason": "of another study"}, format="json").status_code == 200
    assert api().get(made["Location"]).status_code == 404
    assert api().get(at(study)).json()["results"] == []
    assert StudyAttachment.objects.count() == 1


def test_a_file_of_another_study_or_patient_is_a_404(api):
    study, other = performed_study(), performed_study()
    key = sent(api(), study).json()["id"]
    assert api().get(at(other, key, "content")).status_code == 404
    foreign = at(study, key, "content").replace(f"/{study.patient_id}/", f"/{other.patient_id}/", 1)
    assert api().get(foreign).status_code == 404
    assert api().post(at(other, key, "enter-in-error"), {"reason": "wrong one"}).status_code == 404


def test_a_damaged_file_is_a_503_that_says_so(api, folder):
    study = performed_study()
    where = sent(api(), study)["Location"]
    [stored] = [path for path in folder.rglob("*") if path.is_file()]
    stored.write_bytes(stored.read_bytes()[:-1])
    answer = api().get(where)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "file_unavailable")
    assert not AccessRecord.objects.filter(how="export").exists()


def test_a_storage_that_takes_nothing_is_a_503_and_nothing_is_on_record(api, folder):
    folder.write_text("a file where the folder should be")
    answer = sent(api(), performed_study())
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "file_unavailable")
    assert not StudyAttachment.objects.exists()


@pytest.mark.parametrize("scopes", [(None,), ("orders:read",), ("clinical:read",)])
def test_an_outsider_attaches_nothing(api, scopes):
    study = performed_study()
    where = sent(api(), study)["Location"]
    outsider = api(*scopes)
    assert sent(outsider, study).status_code in (401, 403)
    if scopes != ("clinical:read",):
        assert outsider.get(where).status_code in (401, 403)
        assert outsider.get(at(study)).status_code in (401, 403)
    assert StudyAttachment.objects.count() == 1


def test_who_may_write_and_not_read_gets_no_file(api):
    study = performed_study()
    made = sent(api("clinical:write"), study)
    assert set(made.json()) == {"id"}
    assert api("clinical:write").get(made["Location"]).status_code == 403


@pytest.mark.parametrize("size", [1, 5])
def test_a_list_takes_two_statements(api, django_assert_num_queries, size):
    study = performed_study()
    for _ in range(size):
        sent(api(), study)
    client = api("clinical:read")
    with django_assert_num_queries(CALLER + 2):
        assert len(client.get(at(study)).json()["results"]) == size


def test_a_large_file_comes_back_byte_for_byte(api):
    content = PDF + io.BytesIO(b"0123456789" * 30_000).read() + b"\n%%EOF\n"
    file = api().get(sent(api(), performed_study(), content)["Location"])
    assert content_of(file) == content
