"""Files of studies: stored encrypted, capped, never deleted; half of an upload leaves nothing."""

import io

import pytest
from django.core.exceptions import ValidationError

from clinical.attachments import services, storage
from clinical.models import Study, StudyAttachment
from clinical.services import cancel_study, delete_study
from clinical.tests.attachments.samples import HTML, PDF
from clinical.tests.factories import performed_study, study_of
from core.workflow import TransitionNotAllowedError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def attach(study, content=PDF, name="report.pdf"):
    return services.attach(study, io.BytesIO(content), name, by="user:test")


def test_a_file_is_stored_encrypted_under_a_random_name_and_read_again(folder):
    row = attach(performed_study(), PDF * 3_000, "Diana's knee.pdf")
    [stored] = files_in(folder)
    content = stored.read_bytes()
    assert b"%PDF" not in content
    assert "knee" not in str(stored)
    with services.open_attachment(row) as file:
        assert file.read() == PDF * 3_000
    assert (row.kind, row.name, row.size) == ("PDF", "Diana's knee.pdf", len(PDF) * 3_000)
    assert list(row.study.events.values_list("kind", "detail"))[-1] == ("attached", str(row))


def test_a_key_opens_its_own_file_alone():
    study = performed_study()
    one, other = attach(study), attach(study)
    one.stored_as = other.stored_as
    with pytest.raises(services.FileStorageError):
        services.open_attachment(one)


@pytest.mark.parametrize("harm", ["cut", "altered", "gone"])
def test_a_damaged_file_is_told_of_and_never_served(folder, harm, caplog):
    row = attach(performed_study())
    [stored] = files_in(folder)
    if harm == "gone":
        stored.unlink()
    else:
        content = bytearray(stored.read_bytes())
        content[20] ^= 1
        stored.write_bytes(content[:-5] if harm == "cut" else content)
    with pytest.raises(services.FileStorageError):
        services.open_attachment(row)
    assert f"{row} cannot be read" in caplog.text
    assert row.name not in caplog.text


def test_what_is_refused_leaves_nothing(folder, settings):
    study = performed_study()
    settings.ATTACHMENT_BYTES = 1_000
    for content, code in ((HTML, "kind"), (PDF * 100, "too_large")):
        with pytest.raises(ValidationError) as refused:
            attach(study, content)
        assert refused.value.error_dict["file"][0].code == code
    assert not files_in(folder)
    assert not StudyAttachment.objects.exists()


def test_a_study_takes_so_many_files_and_those_in_error_do_not_count(folder, settings):
    settings.ATTACHMENTS_PER_STUDY = 2
    study = performed_study()
    first, _ = attach(study), attach(study)
    with pytest.raises(ValidationError, match="takes no more"):
        attach(study)
    assert len(files_in(folder)) == 2
    services.enter_in_error(first, "Of another study", by="user:test")
    attach(study)
    assert StudyAttachment.objects.count() == 3


@pytest.mark.parametrize("end", [cancel_study, delete_study])
def test_a_study_that_is_over_takes_none(folder, end):
    study = study_of()
    end(study, by="user:test")
    with pytest.raises(TransitionNotAllowedError):
        attach(study)
    assert not files_in(folder)


def test_one_in_error_is_kept_and_says_who_and_why(folder):
    row = attach(performed_study())
    with pytest.raises(ValidationError):
        services.enter_in_error(row, " ", by="user:test")
    services.enter_in_error(row, "Of another study", by="user:test")
    with pytest.raises(TransitionNotAllowedError):
        services.enter_in_error(row, "Of another study", by="user:test")
    row.refresh_from_db()
    assert (row.is_on_record, row.entered_in_error_by) == (False, "user:test")
    assert len(files_in(folder)) == 1
    event = row.study.events.last()
    assert event is not None
    assert (event.kind, event.detail) == ("attachment-in-error", f"{row}: Of another study")


def test_a_file_that_could_not_be_recorded_is_removed_at_once(folder):
    study = performed_study()
    Study.objects.filter(pk=study.pk).update(state="cancelled")
    with pytest.raises(TransitionNotAllowedError):
        attach(study)
    assert not files_in(folder)


def test_names_in_the_storage_lie_below_their_day(folder):
    row = attach(performed_study())
    assert list(storage.names_of_last_days()) == [row.stored_as]
    assert row.stored_as.count("/") == 3
