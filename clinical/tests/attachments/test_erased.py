import io

import pytest

from clinical.attachments import erased, services
from clinical.models import StudyAttachment
from clinical.tests.attachments.samples import PDF
from clinical.tests.conftest import folder
from clinical.tests.factories import performed_study
from core.models import Failure

__all__ = ["folder"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(folder):
    return services.attach(performed_study(), io.BytesIO(PDF), "of Quirrel.pdf", by="user:test")


def erase(row):
    return erased.erase_attachments([row.study.patient_id])


def test_name_and_key_go_at_once_and_the_file_afterwards(row, folder):
    other = services.attach(performed_study(), io.BytesIO(PDF), "other.pdf", by="user:test")
    assert erase(row) == 1
    row.refresh_from_db()
    assert (row.name, row.digest, row.file_key, row.is_on_record) == ("erased", "", "", False)
    assert (folder / row.stored_as).exists()
    assert erased.remove_erased_files() == 1
    assert not (folder / row.stored_as).exists()
    assert (folder / other.stored_as).exists()
    assert erased.remove_erased_files() == erase(row) == 0


def test_a_file_that_the_storage_keeps_is_tried_again_and_holds_up_no_other(
    row, folder, monkeypatch
):
    other = services.attach(performed_study(), io.BytesIO(PDF), "other.pdf", by="user:test")
    erase(row)
    erase(other)
    place = folder / row.stored_as
    place.unlink()
    (place / "in the way").mkdir(parents=True)  # a folder that is not empty is not removed
    assert erased.remove_erased_files() == 1
    assert not (folder / other.stored_as).exists()
    assert Failure.objects.get().row == row.pk
    (place / "in the way").rmdir()
    Failure.objects.update(next_attempt_at="2020-01-01T00:00Z")
    assert erased.remove_erased_files() == 1
    assert not StudyAttachment.objects.filter(file_removed_at=None).exists()
    assert not place.exists()
