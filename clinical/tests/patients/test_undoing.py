"""A merge that is undone leaves the world as it would be without it, whatever came meanwhile."""

from datetime import date
from io import BytesIO
from random import Random
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from clinical.identifiers import value_index
from clinical.imports.patients import PatientImporter
from clinical.laboratories.releasing import acknowledge
from clinical.models import LabResult, Patient, PatientIdentifier, PatientMerge, ReleaseRule, Study
from clinical.patients.merging import FIELDS, merge
from clinical.patients.services import archive_patient, restore_patient, update_patient
from clinical.patients.undoing import later_studies, undo
from clinical.services import create_study, update_study
from clinical.tests.factories import PatientFactory, clinician, registered_sample, study_of
from clinical.tests.laboratories.messages import message, result_of
from core.imports import run
from core.workflow import TransitionNotAllowedError
from customers.tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
WHY: dict[str, Any] = {"by": "user:test", "reason": "entered twice"}
CHANGES = 20


class World:
    """Two records, A and B, of what may be one person, and a third; changed by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.customers = [CustomerFactory.create(name=f"C{n}") for n in range(2)]
        self.a = self._patient("Ana", "Paz", "ana@ejemplo.com", date(1985, 4, 10))
        self.b = self._patient("Anna", "Paz", "", date(1985, 4, 1), "month", self.customers[0])
        self.c = self._patient("A.", "Paz Ruiz", "paz@ejemplo.com", date(1985, 1, 1), "year")
        self.studies: dict[str, Study] = {}
        for key, patient in [("a1", self.a), ("b1", self.b), ("b2", self.b), ("c1", self.c)]:
            self.studies[key] = study_of(patient, description=key)
        for key, patient in [("a", self.a), ("b", self.b), ("c", self.c)]:
            self.add_identifier(key, patient)

    def _patient(self, first, last, email, born, precision="day", customer=None):
        return PatientFactory.create(
            first_name=first,
            last_name=last,
            email=email,
            birth_date=born,
            birth_date_precision=precision,
            customer=customer,
        )

    def add_identifier(self, key, patient):
        patient.identifiers.create(system=f"urn:{self.name}", value=key)

    def change(self, verb, *what):
        """One change of A, who stays, or of what came from B or C."""
        getattr(self, verb)(*what)

    def write(self, name, value):
        if name == "customer":
            value = value if value is None else self.customers[value]
        changes = {name: value}
        if name == "birth_date":
            changes = {"birth_date": value[0], "birth_date_precision": value[1]}
        update_patient(self.a, **changes)

    def describe(self, key, text):
        update_study(self.studies[key], by="user:test", description=text)

    def add_study(self, key):
        study = Study(patient=self.a, urgency_level="HIGH", body_part="NECK", type="XRAY")
        study.description = key
        self.studies[key] = create_study(study, by="user:test")

    def identify(self, key):
        self.add_identifier(key, self.a)

    def drop_identifier(self, key):
        PatientIdentifier.objects.filter(
            system=f"urn:{self.name}", value_index=value_index(key)
        ).delete()

    def archive(self):
        self.a = archive_patient(self.a, by="user:test")
        self.a = restore_patient(self.a, by="user:test")

    def seen(self):
        """All that is known of the three, without keys."""
        return [self._seen(patient) for patient in (self.a, self.b, self.c)]

    def _seen(self, patient):
        patient.refresh_from_db()
        columns = [column for columns in FIELDS.values() for column in columns]
        values = {column: getattr(patient, column) for column in columns if column[-3:] != "_id"}
        values["customer"] = patient.customer and patient.customer.name
        values["studies"] = sorted(
            (study.body_part, study.description, study.state) for study in patient.studies.all()
        )
        values["identifiers"] = sorted(row.value for row in patient.identifiers.all())
        values["is_current"] = Patient.objects.current().filter(pk=patient.pk).exists()
        return values


def some_changes(random):
    """Twenty changes, as anybody may make them; the values meet those of the other records."""
    values = {
        "first_name": ["Ana", "Anna", "A.", "Eva", ""],
        "last_name": ["Paz", "Paz Ruiz", "Ruiz"],
        "email": ["", "ana@ejemplo.com", "paz@ejemplo.com", "new@ejemplo.com"],
        "birth_date": [(date(1985, 4, 10), "day"), (date(1985, 4, 1), "month")],
        "customer": [None, 0, 1],
    }
    for number in range(CHANGES):
        kind = random.choice(
            ["write"] * 6 + ["describe", "add_study", "identify", "drop", "archive"]
        )
        if kind == "write":
            name = random.choice(list(values))
            yield "write", name, random.choice(values[name])
        elif kind == "describe":
            yield "describe", random.choice(["a1", "b1", "b2", "c1"]), f"text {number}"
        elif kind == "drop":
            yield "drop_identifier", random.choice(["a", "b", "c"])
        elif kind == "archive":
            yield ("archive",)
        else:
            yield kind, f"new {number}"


@pytest.mark.parametrize("seed", range(25))
def test_a_merge_undone_after_twenty_changes_equals_a_world_without_it(seed):
    random = Random(seed)
    take = [name for name in FIELDS if random.random() < 0.7]
    changes = list(some_changes(random))
    merged, plain = World("merged"), World("plain")
    made = merge(merged.a, merged.b, take=take, **WHY)
    for change in changes:
        merged.change(*change)
        plain.change(*change)
    assert merged.seen() != plain.seen()
    undo(made, **WHY)
    assert merged.seen() == plain.seen(), (take, changes)


@pytest.mark.parametrize("seed", range(25))
def test_two_merges_undone_in_either_order_equal_a_world_without_them(seed):
    random = Random(1_000 + seed)
    takes = [[name for name in FIELDS if random.random() < 0.6] for _ in range(2)]
    changes = list(some_changes(random))
    merged, plain = World("merged"), World("plain")
    made = [merge(merged.a, merged.b, take=takes[0], **WHY)]
    for change in changes[:10]:
        merged.change(*change)
        plain.change(*change)
    made.append(merge(merged.a, merged.c, take=takes[1], **WHY))
    for change in changes[10:]:
        merged.change(*change)
        plain.change(*change)
    for one in random.sample(made, 2):
        undo(one, **WHY)
    assert merged.seen() == plain.seen(), (takes, changes)


def test_a_chain_is_undone_from_its_end():
    world, plain = World("merged"), World("plain")
    first = merge(world.a, world.b, take=["email"], **WHY)
    second = merge(world.c, world.a, take=list(FIELDS), **WHY)
    with pytest.raises(TransitionNotAllowedError, match="Undo that merge first"):
        undo(first, **WHY)
    undo(second, **WHY)
    undo(first, **WHY)
    assert world.seen() == plain.seen()


def test_a_merge_is_undone_once_and_may_be_made_again():
    world = World("merged")
    made = merge(world.a, world.b, take=[], **WHY)
    undo(made, **WHY)
    with pytest.raises(TransitionNotAllowedError, match="undone before"):
        undo(made, **WHY)
    assert merge(world.b, world.a, take=[], **WHY).pk != made.pk
    made.refresh_from_db()
    assert (made.undone_by, made.undo_reason) == (WHY["by"], WHY["reason"])


def test_what_came_since_stays_unless_it_is_chosen():
    world = World("merged")
    made = merge(world.a, world.b, take=[], **WHY)
    world.add_study("one")
    world.add_study("two")
    assert {study.description for study in later_studies(made)} == {"one", "two"}
    chosen = [world.studies["one"].pk]
    undo(made, studies=chosen, **WHY)
    assert {s.description for s in world.b.studies.all()} == {"b1", "b2", "one"}
    assert {s.description for s in world.a.studies.all()} == {"a1", "two"}


def test_a_study_of_before_or_of_another_is_not_chosen():
    world = World("merged")
    made = merge(world.a, world.b, take=[], **WHY)
    for key in ("a1", "b1", "c1"):
        with pytest.raises(ValidationError, match="after the merge"):
            undo(made, studies=[world.studies[key].pk], **WHY)
    assert PatientMerge.objects.get().undone_at is None


def test_what_a_script_wrote_since_is_kept():
    world = World("merged")
    made = merge(world.a, world.b, take=["first_name", "customer"], **WHY)
    patient = Patient.objects.get(pk=world.a.pk)
    patient.first_name = "Written past the services"
    patient.save()
    undo(made, **WHY)
    assert world.seen()[0]["first_name"] == "Written past the services"


def test_nobody_is_left_without_a_name():
    one = PatientFactory.create(first_name="Ana", last_name="")
    other = PatientFactory.create(first_name="", last_name="Paz")
    made = merge(one, other, take=["last_name"], **WHY)
    update_patient(one, first_name="")
    undo(made, **WHY)
    one.refresh_from_db()
    assert str(one) == "Paz"


def test_a_customer_who_was_deleted_meanwhile_is_left_out():
    customer = CustomerFactory.create()
    one = PatientFactory.create(customer=customer)
    made = merge(one, PatientFactory.create(), take=["customer"], **WHY)
    customer.delete()
    undo(made, **WHY)
    one.refresh_from_db()
    assert one.customer is None


def test_a_file_updates_the_merged_record_itself_and_the_undo_brings_it_back_so():
    one = PatientFactory.create(email="")
    other = PatientFactory.create(email="old@ejemplo.com", external_id="7")
    made = merge(one, other, take=["email"], **WHY)
    file = b"first_name,last_name,birth_date,email,id\nEva,Paz,1990-01-01,new@ejemplo.com,7\n"
    assert run(PatientImporter(), BytesIO(file), by="user:test").updated == 1
    one.refresh_from_db()
    assert one.email == "old@ejemplo.com"
    undo(made, **WHY)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.email, other.email, other.merged_into) == ("", "new@ejemplo.com", None)


def whose(result):
    """The patients of a result and of what it has become."""
    row = LabResult.objects.select_related("study", "sample").get(pk=result.pk)
    assert row.study
    return row.patient, row.study.patient


def test_a_result_that_came_meanwhile_becomes_a_study_of_whoever_gave_its_sample():
    one, other = PatientFactory.create(), registered_sample().patient
    made = merge(one, other, take=[], **WHY)
    result = result_of(message())
    assert (result.state, result.patient) == ("held", one)
    undo(made, **WHY)
    result.refresh_from_db()
    assert result.patient == other
    acknowledge(result, 1, "", signer=clinician())
    assert whose(result) == (other, other)


def test_one_that_was_released_meanwhile_goes_back_with_its_sample_and_is_not_chosen():
    ReleaseRule.objects.create(kit_type="ancestry")
    one, middle, other = PatientFactory.create(), PatientFactory.create(), registered_sample()
    own = registered_sample("K2", first_name="Eva").patient
    merge(middle, other.patient, take=[], **WHY)
    merge(one, own, take=[], **WHY)
    made = merge(one, middle, take=[], **WHY)
    result = result_of(message())
    assert whose(result) == (one, one)
    assert later_studies(made) == []
    undo(made, **WHY)
    assert whose(result) == (middle, middle)


def test_a_release_after_a_later_merge_is_of_the_record_that_stays():
    other = registered_sample().patient
    result = result_of(message())
    one = PatientFactory.create()
    merge(one, other, take=[], **WHY)
    acknowledge(result, 1, "", signer=clinician())
    assert whose(result) == (one, one)
