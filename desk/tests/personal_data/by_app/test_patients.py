from datetime import UTC, date, datetime
from typing import Any

import pytest

from clinical.models import Patient, PatientIdentifier, PatientMerge, Study, StudyEvent, StudyReport
from clinical.patients.merging import merge
from clinical.tests.factories import PatientFactory, signed_study, study_of
from customers.tests.factories import CustomerFactory
from desk.personal_data.by_app import patients
from desk.personal_data.parts import Subject
from desk.tests.personal_data.held import erased, old_enough, part, rows
from identity.models import AccessRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    patient = PatientFactory.create(
        last_name="Quirrel", external_id="7", customer=CustomerFactory.create()
    )
    patient.identifiers.create(system="urn:one", value="17")
    signed_study(patient)
    return patient


@pytest.fixture(autouse=True)
def other():
    other = PatientFactory.create(last_name="Other", external_id="8")
    other.identifiers.create(system="urn:one", value="18")
    signed_study(other)
    return other


def test_the_records_of_somebody_are_all_that_were_merged_into_theirs(patient, other):
    third = PatientFactory.create()
    merge(other, third, take=[], by="user:x", reason="entered twice")
    merge(patient, other, take=[], by="user:x", reason="entered twice")
    keys = sorted([patient.pk, other.pk, third.pk])
    assert patients.records_of(Subject("patient", patient.pk)) == keys


def test_whose_record_was_merged_nowhere_has_one(patient):
    assert patients.records_of(Subject("patient", patient.pk)) == [patient.pk]


@pytest.mark.parametrize(("extra", "kept"), [(-1, True), (1, False)])
def test_a_record_is_kept_for_its_years(patient, extra, kept):
    old_enough(days=extra)
    assert patients.is_kept(Subject("patient", patient.pk)) is kept


def test_the_newest_study_counts_also_of_a_record_that_was_merged(patient):
    old_enough()
    twice = study_of(PatientFactory.create()).patient
    merge(patient, twice, take=[], by="user:x", reason="entered twice")
    assert patients.is_kept(Subject("patient", patient.pk))


def test_others_new_studies_keep_nothing(patient, other):
    old_enough()
    study_of(other)
    assert not patients.is_kept(Subject("patient", patient.pk))
    assert patients.is_kept(Subject("patient", other.pk))


def test_who_never_had_a_study_is_not_kept():
    nobody = PatientFactory.create()
    assert not patients.is_kept(Subject("patient", nobody.pk))


def test_a_patient_reads_who_they_are_here_decrypted(patient):
    [row] = rows("patient", "patient", patient.pk)
    assert (row["last_name"], row["external_id"]) == ("Quirrel", "7")
    assert (row["birth_date"], row["customer"]) == (date(1988, 8, 29), patient.customer_id)
    assert row["email"] == patient.email


def test_they_read_their_numbers_studies_reports_and_events(patient):
    study = patient.studies.get()
    [identifier] = rows("patient", "identifiers", patient.pk)
    assert identifier["value"] == "17"
    [given] = rows("patient", "studies", patient.pk)
    assert (given["id"], given["type"]) == (study.pk, "MAMMOGRAM")
    [report] = rows("patient", "study_reports", patient.pk)
    assert report["text"] == study.reports.get().text
    events = rows("patient", "study_events", patient.pk)
    assert {row["study"] for row in events} == {study.pk}
    assert len(events) == study.events.count()


def test_of_a_merged_record_both_are_given_and_who_merged_them(patient):
    twice = PatientFactory.create(last_name="Kwirrel")
    merge(patient, twice, take=[], by="user:x", reason="entered twice")
    assert {row["last_name"] for row in rows("patient", "patient", patient.pk)} == {
        "Quirrel",
        "Kwirrel",
    }
    [row] = rows("patient", "merges", patient.pk)
    assert (row["survivor"], row["merged"]) == (patient.pk, twice.pk)
    assert (row["actor"], row["reason"]) == ("user:x", "entered twice")


def test_who_looked_at_several_at_once_is_told_to_each(patient, other):
    AccessRecord.objects.create(
        actor="user:1 clara", patients=[other.pk, patient.pk], how="list", via="admin"
    )
    AccessRecord.objects.create(actor="user:2 fred", patients=[other.pk], how="list", via="admin")
    [row] = rows("patient", "who_looked", patient.pk)
    assert row["actor"] == "user:1 clara"
    assert "patients" not in row


def test_while_a_record_is_kept_only_how_they_are_reached_goes(patient):
    before = Patient.objects.get(pk=patient.pk)
    assert erased("patient", "patient", patient.pk) == 1
    after = Patient.objects.get(pk=patient.pk)
    assert (after.email, after.customer) == ("", None)
    for name in ("first_name", "last_name", "birth_date", "external_id", "archived_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert patient.identifiers.get().value == "17"


def test_after_its_time_the_year_of_birth_is_left_of_them(patient):
    old_enough()
    assert erased("patient", "patient", patient.pk) == 1
    after = Patient.objects.get(pk=patient.pk)
    assert (after.first_name, after.last_name) == ("erased", "")
    assert (after.external_id, after.born.written()) == (None, "1988")
    assert after.archived_at is not None


def test_who_was_archived_before_keeps_the_day_of_that(patient):
    old_enough()
    day = datetime(2020, 1, 2, tzinfo=UTC)
    Patient.objects.filter(pk=patient.pk).update(archived_at=day)
    erased("patient", "patient", patient.pk)
    assert Patient.objects.get(pk=patient.pk).archived_at == day


def test_after_its_time_numbers_go_and_of_studies_the_type_stays(patient):
    old_enough()
    before = patient.studies.get()
    assert erased("patient", "identifiers", patient.pk) == 1
    assert erased("patient", "studies", patient.pk) == 1
    after = patient.studies.get()
    assert (after.body_part, after.description) == ("erased", "")
    for name in ("type", "state", "urgency_level", "created_at"):
        assert getattr(after, name) == getattr(before, name), name


def test_what_a_merge_kept_of_the_other_record_goes(patient):
    twice = PatientFactory.create(last_name="Kwirrel")
    merge(patient, twice, take=["email"], by="user:x", reason="entered twice")
    erased("patient", "patient", patient.pk)
    row = PatientMerge.objects.get()
    assert (row.before, row.taken) == ("{}", [])


def test_who_looked_is_never_changed_and_it_is_said_why(patient):
    AccessRecord.objects.create(actor="user:1", patients=[patient.pk], how="list", via="admin")
    old_enough()
    before = rows("patient", "who_looked", patient.pk)
    assert erased("patient", "who_looked", patient.pk) == 0
    assert rows("patient", "who_looked", patient.pk) == before != []
    assert part("patient", "who_looked").kept


KEPT_FOR_ITS_TIME = [
    *("identifiers", "studies", "study_events", "study_reports", "attachments", "merges"),
    *("identifier_history", "study_history"),
]


@pytest.mark.parametrize("name", KEPT_FOR_ITS_TIME)
def test_while_a_health_record_is_kept_all_of_it_stays(patient, name):
    before = rows("patient", name, patient.pk)
    assert erased("patient", name, patient.pk) == 0
    assert rows("patient", name, patient.pk) == before
    assert "While a health record" in part("patient", name).kept or name in (
        *("merges", "identifier_history", "study_history"),
    )


def test_after_its_time_a_report_keeps_who_signed_it_and_when_and_loses_its_text(patient):
    old_enough()
    [before] = rows("patient", "study_reports", patient.pk)
    assert erased("patient", "study_reports", patient.pk) == 1
    [after] = rows("patient", "study_reports", patient.pk)
    assert after == before | {"text": "", "reason": ""}
    assert after["signature__signed_by"]
    assert erased("patient", "study_reports", patient.pk) == 0


def test_how_they_were_reached_goes_from_the_history_while_the_record_is_kept(patient):
    names = {row["last_name"] for row in rows("patient", "history", patient.pk)}
    assert names == {"Quirrel"}
    assert erased("patient", "history", patient.pk) >= 1
    history = rows("patient", "history", patient.pk)
    assert {(row["last_name"], row["email"]) for row in history} == {("Quirrel", "")}


def test_after_its_time_the_history_says_when_and_what_and_no_more_who(patient):
    old_enough()
    count = len(rows("patient", "history", patient.pk))
    assert erased("patient", "history", patient.pk) == count
    history = rows("patient", "history", patient.pk)
    assert {(row["first_name"], row["last_name"], row["birth_date"]) for row in history} == {
        ("", "", None)
    }
    assert all(row["pgh_created_at"] for row in history)


def test_nothing_of_anybody_else_is_touched(patient, other):
    old_enough()
    theirs: list[Any] = [
        Patient.objects.filter(pk=other.pk),
        PatientIdentifier.objects.filter(patient=other),
        Study.objects.filter(patient=other),
        StudyEvent.objects.filter(study__patient=other).order_by("pk"),
        StudyReport.objects.filter(study__patient=other),
    ]
    before = [list(each.values()) for each in theirs]
    for name in ("patient", "identifiers", "studies"):
        assert erased("patient", name, patient.pk) == 1
    assert [list(each.values()) for each in theirs] == before
