"""Files of studies in a bucket: a server that speaks S3's protocol, on loopback."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import pytest
import time_machine
from django.core.files.storage import storages
from django.utils import timezone
from moto.server import ThreadedMotoServer
from storages.backends.s3 import S3Storage

from clinical import sweeper
from clinical.attachments import services, storage
from clinical.models import StudyAttachment, StudyEvent
from clinical.tests.attachments.samples import PDF, upload
from clinical.tests.factories import clinician, performed_study
from config.settings import connections
from core.workflow import TransitionNotAllowedError
from identity.models import AccessRecord

pytestmark = pytest.mark.django_db
LARGE = PDF + b"0123456789" * 1_000_000 + b"\n%%EOF\n"  # two parts of an upload


@pytest.fixture
def bucket_server() -> Iterator[ThreadedMotoServer]:
    """A server that speaks the protocol of S3, on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(
    bucket_server: ThreadedMotoServer,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Where attachments are stored: a bucket, by the settings of production."""
    host, port = bucket_server.get_host_and_port()
    named = {
        "ATTACHMENTS_BUCKET": f"files-{tmp_path.name.replace('_', '-')[-40:].lower()}",
        "ATTACHMENTS_BUCKET_ENDPOINT": f"http://{host}:{port}",
        "ATTACHMENTS_BUCKET_REGION": "eu-central-1",
        "ATTACHMENTS_BUCKET_ACCESS_KEY": "key-of-tests",
        "ATTACHMENTS_BUCKET_SECRET_KEY": "secret-of-tests",
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    made = connections.attachments(environ.Env(), tmp_path)
    settings.STORAGES = settings.STORAGES | {"attachments": made}
    stored = storages["attachments"]
    assert isinstance(stored, S3Storage)
    stored.bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return stored.bucket


def names_in(bucket):
    return [each.key for each in bucket.objects.all()]


def attach(study, content=PDF):
    return services.attach(study, io.BytesIO(content), "a.pdf", by="user:test")


def below(study):
    return f"/api/v1/patients/{study.patient_id}/studies/{study.pk}/attachments/"


def page(study, end=""):
    return f"/admin/clinical/study/{study.pk}/{end}"


@pytest.mark.parametrize("content", [PDF, LARGE], ids=["small", "in parts"])
def test_a_file_is_stored_encrypted_and_read_again(bucket, content):
    row = attach(performed_study(), content)
    [stored] = bucket.objects.all()
    assert stored.key == row.stored_as
    assert b"%PDF" not in stored.get()["Body"].read()
    with services.open_attachment(row) as file:
        assert file.read() == content
    assert list(storage.names_of_last_days()) == [row.stored_as]


def test_through_the_api_it_comes_back_byte_for_byte(bucket, api):
    study = performed_study()
    made = api().post(below(study), {"file": upload(LARGE)}, format="multipart")
    assert made.status_code == 201
    assert b"".join(api().get(made["Location"]).streaming_content) == LARGE
    assert len(names_in(bucket)) == 1


def test_through_the_admin_it_comes_back_byte_for_byte(bucket, client):
    client.force_login(clinician())
    study = performed_study()
    client.post(page(study, "attach-file/"), {"file": upload()})
    row = StudyAttachment.objects.get()
    answer = client.get(page(study, f"files/{row.pk}/"))
    assert b"".join(answer.streaming_content) == PDF


def test_what_could_not_be_recorded_is_removed_from_the_bucket(bucket):
    study = performed_study()
    type(study).objects.filter(pk=study.pk).update(state="cancelled")
    with pytest.raises(TransitionNotAllowedError):
        attach(study)
    assert names_in(bucket) == []


def test_what_no_row_names_is_removed_after_an_hour(bucket):
    kept, orphan = attach(performed_study()), attach(performed_study())
    StudyAttachment.objects.filter(pk=orphan.pk).delete()
    assert sweeper.remove_orphans() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert sweeper.remove_orphans() == 1
    assert names_in(bucket) == [kept.stored_as]


@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_damaged_file_is_never_served(bucket, api, harm):
    study = performed_study()
    made = api().post(below(study), {"file": upload()}, format="multipart")
    [stored] = bucket.objects.all()
    if harm == "cut":
        stored.put(Body=stored.get()["Body"].read()[:-1])
    else:
        stored.delete()
    answer = api().get(made["Location"])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "file_unavailable")
    assert not AccessRecord.objects.filter(how="export").exists()


@pytest.mark.parametrize("fault", ["down", "no bucket"])
def test_a_bucket_at_fault_is_told_of_and_nothing_is_half_done(
    bucket, bucket_server, api, client, fault, caplog
):
    study = performed_study()
    made = api().post(below(study), {"file": upload()}, format="multipart")
    if fault == "down":
        bucket_server.stop()
    else:
        bucket.objects.delete()
        bucket.delete()
    before = StudyEvent.objects.count()
    for answer in (
        api().post(below(study), {"file": upload(name="Zqcanary.pdf")}, format="multipart"),
        api().get(made["Location"]),
    ):
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["code"]) == (503, "file_unavailable")
    client.force_login(clinician())
    sent = client.post(page(study, "attach-file/"), {"file": upload()})
    assert sent.status_code == 422
    assert "cannot be stored now" in sent.content.decode()
    row = StudyAttachment.objects.get()
    asked = client.get(page(study, f"files/{row.pk}/"), follow=True)
    assert "missing or damaged" in asked.content.decode()
    assert StudyEvent.objects.count() == before
    assert not AccessRecord.objects.filter(how="export").exists()
    assert "BucketError: " in caplog.text
    assert "Zqcanary" not in caplog.text
