from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from clinical.imports.studies import StudyImporter
from clinical.models import Patient, PatientMerge, Study
from clinical.patients.merging import merge, preview
from clinical.patients.services import archive_patient, update_patient
from clinical.services import create_study
from clinical.tests.factories import PatientFactory, study_of
from core.imports import run
from core.workflow import TransitionNotAllowedError
from customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
WHY: dict[str, Any] = {"by": "user:test", "reason": "entered twice"}


@pytest.fixture
def pair():
    survivor = PatientFactory.create(first_name="Ana", last_name="Paz", email="")
    merged = PatientFactory.create(
        first_name="Anna", last_name="Paz", email="ana@ejemplo.com", external_id="7"
    )
    merged.customer = CustomerFactory.create()
    merged.save()
    merged.identifiers.create(system="urn:one", value="17")
    study_of(merged)
    return survivor, merged


def test_the_preview_says_what_moves_and_where_they_differ_and_does_nothing(pair):
    shown = preview(*pair)
    assert (shown.studies, shown.identifiers) == (1, 1)
    assert [(each.name, each.is_taken) for each in shown.choices] == [
        ("first_name", False),
        ("email", True),
        ("customer", True),
    ]
    assert not PatientMerge.objects.exists()


def test_all_moves_to_the_survivor_and_the_other_points_to_it(pair):
    survivor, merged = pair
    made = merge(survivor, merged, take=["email", "customer"], **WHY)
    survivor.refresh_from_db()
    assert (survivor.first_name, survivor.email) == ("Ana", "ana@ejemplo.com")
    assert survivor.customer == merged.customer
    assert [s.pk for s in survivor.studies.all()] == made.studies
    assert [i.pk for i in survivor.identifiers.all()] == made.identifiers
    event = survivor.studies.get().events.last()
    assert (event.kind, event.actor) == ("moved", "user:test")
    merged.refresh_from_db()
    assert (merged.merged_into, merged.external_id) == (survivor, "7")
    assert not merged.studies.exists()
    assert list(Patient.objects.current()) == [survivor]


def test_a_date_is_taken_with_what_is_known_of_it(pair):
    survivor, merged = pair
    merged.birth_date, merged.birth_date_precision = date(1985, 1, 1), "year"
    merged.save()
    merge(survivor, merged, take=["birth_date"], **WHY)
    survivor.refresh_from_db()
    assert survivor.born.written() == "1985"


def test_what_cannot_be_merged_is_refused_and_nothing_is_done(pair):
    survivor, merged = pair
    third = PatientFactory.create(first_name="", last_name="Paz")
    for one, other in [(survivor, survivor), (third, Patient(pk=0))]:
        with pytest.raises(TransitionNotAllowedError):
            merge(one, other, take=[], **WHY)
    with pytest.raises(ValidationError):
        merge(survivor, merged, take=["external_id"], **WHY)
    merged.last_name = ""
    merged.save()
    with pytest.raises(ValidationError):
        merge(third, merged, take=["last_name"], **WHY)
    archive_patient(third, by="user:test")
    with pytest.raises(TransitionNotAllowedError, match="archived"):
        merge(third, merged, take=[], **WHY)
    assert not PatientMerge.objects.exists()


def test_nothing_is_merged_twice_or_into_one_that_was_merged(pair):
    survivor, merged = pair
    third = PatientFactory.create()
    merge(survivor, merged, take=[], **WHY)
    for one, other in [(third, merged), (merged, third), (survivor, merged), (merged, survivor)]:
        with pytest.raises(TransitionNotAllowedError, match="before"):
            merge(one, other, take=[], **WHY)
    merge(third, survivor, take=[], **WHY)
    merged.refresh_from_db()
    assert merged.survivor == third
    assert third.studies.count() == 1


def test_a_merged_record_takes_no_changes_and_no_studies(pair):
    survivor, merged = pair
    merge(survivor, merged, take=[], **WHY)
    study = Study(patient=merged, urgency_level="HIGH", body_part="NECK", type="XRAY")
    for verb in (
        lambda: update_patient(merged, first_name="Eva"),
        lambda: create_study(study, by="user:test"),
        lambda: archive_patient(merged, by="user:test"),
    ):
        with pytest.raises(TransitionNotAllowedError, match=f"merged into patient {survivor.pk}"):
            verb()


def test_studies_imported_under_a_merged_id_go_to_the_survivor_of_the_chain(pair):
    survivor, merged = pair
    last = PatientFactory.create()
    merge(survivor, merged, take=[], **WHY)
    merge(last, survivor, take=[], **WHY)
    file = b"urgency_level,body_part,description,type,patient_id\nHIGH,NECK,,XRAY,7\n"
    for created in (1, 0):
        assert run(StudyImporter(), BytesIO(file), by="user:test").created == created
    assert last.studies.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_of_two_merges_at_once_one_is_done(pair, _round):
    survivor, merged = pair
    start = Barrier(2)

    def one(order):
        start.wait()
        try:
            return merge(*order, take=[], **WHY)
        except TransitionNotAllowedError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(one, [(survivor, merged), (merged, survivor)]))
    assert done.count(None) == 1
    assert Patient.objects.current().count() == PatientMerge.objects.count() == 1
    assert Patient.objects.current().get().studies.count() == 1
