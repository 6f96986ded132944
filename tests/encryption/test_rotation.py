"""Keys are replaced while the system runs: stopped, gone on with, and never over an edit."""

import base64
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from clinical.models import Patient, StudyEvent
from clinical.patients.services import update_patient
from clinical.tests.factories import PatientFactory, study_of
from core import shutdown
from core.encryption import cipher, stored_keys
from core.encryption.rewriting import rotation

pytestmark = pytest.mark.django_db

NEW = base64.b64encode(bytes(range(90, 122))).decode()


@pytest.fixture
def new_key(settings):
    """`new_key()` puts a second key in front of the first one, as an operator does."""

    def put_in_front() -> None:
        settings.ENCRYPTION_KEYS = f"2:{NEW},{settings.ENCRYPTION_KEYS}"
        stored_keys.verify()

    return put_in_front


def numbers(table: str, column: str) -> list[int]:
    """The keys that the column is encrypted with, row by row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY id")
        return [cipher.key_number(value) for (value,) in cursor.fetchall()]


def test_every_encrypted_column_is_known():
    contexts = {field.context for field in rotation.encrypted_fields()}
    assert {
        "clinical_patient.last_name",
        "clinical_patient.birth_date",
        "clinical_study.description",
        "clinical_studyreport.text",
        "clinical_patientidentifier.value",
    } <= contexts


def test_everything_is_encrypted_anew_and_the_old_key_is_needed_no_more(new_key, settings, capsys):
    study = study_of(PatientFactory.create(last_name="Vane"))
    new_key()
    call_command("rotate_encryption")
    said = capsys.readouterr().out
    assert "Key 1 is used no more: remove it from ENCRYPTION_KEYS." in said
    assert numbers("clinical_patient", "last_name") == [2]
    assert numbers("clinical_study", "body_part") == [2]
    settings.ENCRYPTION_KEYS = f"2:{NEW}"
    stored_keys.verify()
    assert Patient.objects.get().last_name == "Vane"
    assert type(study).objects.get().body_part == "BREASTS"


def test_until_then_both_keys_are_needed(new_key, settings):
    PatientFactory.create()
    new_key()
    PatientFactory.create()
    assert numbers("clinical_patient", "email") == [1, 2]
    assert Patient.objects.filter(external_id=None).count() == 2
    settings.ENCRYPTION_KEYS = f"2:{NEW}"
    with pytest.raises(ImproperlyConfigured, match="encrypted with key 1"):
        stored_keys.verify()


def test_what_was_stopped_is_gone_on_with(new_key, monkeypatch, ask_to_stop):
    monkeypatch.setattr(rotation, "BATCH", 2)
    for _ in range(5):
        PatientFactory.create()
    new_key()
    batches: list[Any] = []

    def stop_soon(column: str, done: int) -> None:
        batches.append((column, done))
        if len(batches) == 2:
            ask_to_stop()

    outcome = rotation.rotate(stop_soon, shutdown.is_requested)
    assert outcome.stopped
    assert outcome.retired == []
    assert rotation.remaining().total() > 0
    with pytest.raises(CommandError, match="Run it again to go on"):
        call_command("rotate_encryption", verbosity=0)
    shutdown.forget()
    assert rotation.rotate().retired == [1]
    assert rotation.remaining().total() == 0


def test_an_edit_that_came_between_stays(new_key, monkeypatch):
    patient = PatientFactory.create(last_name="Before")
    new_key()
    read = rotation._next

    def edited_meanwhile(cursor: Any, column: Any, last: Any) -> Any:
        rows = read(cursor, column, last)
        if column.context == "clinical_patient.last_name" and rows:
            update_patient(patient, last_name="Typed meanwhile")
        return rows

    monkeypatch.setattr(rotation, "_next", edited_meanwhile)
    assert rotation.rotate().retired == [1]
    assert Patient.objects.get().last_name == "Typed meanwhile"


def test_a_history_is_encrypted_anew_and_stays_what_it_was(new_key):
    study_of()
    before = list(StudyEvent.objects.values())
    StudyEvent.objects.create(study_id=before[0]["study_id"], kind="x", detail="why")
    new_key()
    rotation.rotate()
    assert list(StudyEvent.objects.values())[: len(before)] == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT get_byte(detail, 1) FROM clinical_studyevent WHERE detail <> ''")
        assert set(cursor.fetchall()) == {(2,)}


def test_a_value_that_no_key_reads_ends_it_and_loses_nothing(new_key, settings):
    patient = PatientFactory.create(last_name="Vane")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clinical_patient SET email = set_byte(email, 20, 255)")
    new_key()
    with pytest.raises(CommandError, match=r"clinical_patient\.email does not decrypt"):
        call_command("rotate_encryption", verbosity=0)
    assert Patient.objects.values_list("last_name", flat=True).get(pk=patient.pk) == "Vane"
    settings.ENCRYPTION_KEYS = f"2:{NEW}"
    with pytest.raises(ImproperlyConfigured, match="encrypted with key 1"):
        stored_keys.verify()


def test_a_new_index_key_is_refused_until_the_indexes_are_made_with_it(settings, monkeypatch):
    patient = PatientFactory.create(last_name="Vane", external_id="x-1")
    settings.BLIND_INDEX_KEY = NEW
    with pytest.raises(ImproperlyConfigured, match="rebuild_blind_indexes"):
        stored_keys.verify()
    assert not Patient.objects.filter(external_id="x-1").exists()
    monkeypatch.setattr(stored_keys._Checked, "index_may_differ", False)
    call_command("rebuild_blind_indexes", verbosity=0)
    assert Patient.objects.get(external_id="x-1") == patient
    monkeypatch.setattr(stored_keys._Checked, "index_may_differ", False)
    stored_keys.verify()
