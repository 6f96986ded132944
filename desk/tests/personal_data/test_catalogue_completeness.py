"""Every table that leads to a customer or a patient is in their ZIP, or it is said why not."""

import re

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey
from django.test.utils import CaptureQueriesContext

from clinical.models import Patient
from core.history.tracking import HistoryRow
from customers.models import Customer
from desk.models import Erasure
from desk.personal_data.catalogue import parts_of
from desk.personal_data.parts import Subject

pytestmark = pytest.mark.django_db
LEFT_OUT = {
    "ReportSignature": "who signed and when stands with the report",
    "WaitingStudy": "a study by another name",
    "DnaKitOrder": "an order by another name",
}


def leads_to(model, goal, seen=()):
    """Whether a row of this model belongs to one of that, by foreign keys, one after the other."""
    if model is goal:
        return True
    keys = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    return any(
        leads_to(key.related_model, goal, (*seen, model))
        for key in keys
        if key.related_model not in (*seen, model)
    )


def read_by(kind):
    """The tables that the parts of this kind of person are read from, as the database is asked."""
    subject = Subject(kind, 0)
    with CaptureQueriesContext(connection) as statements:
        for part in parts_of(kind):
            list(part.rows(subject))
            list(part.files(subject))
    asked = " ".join(each["sql"] for each in statements.captured_queries)
    return set(re.findall(r'^SELECT .*? FROM "(\w+)"', asked.replace("SELECT", "\nSELECT"), re.M))


def belonging(goal):
    return [model for model in apps.get_models() if leads_to(model, goal)]


def missing(kind, goal, reasons):
    tables = read_by(kind)
    return {
        model.__name__
        for model in belonging(goal)
        if model._meta.db_table not in tables and model.__name__ not in reasons
    }


def test_what_leads_to_a_customer_is_in_their_zip():
    of_patients = {each.__name__ for each in belonging(Patient)} - {"Patient"}
    assert missing("customer", Customer, {*LEFT_OUT, *of_patients}) == set()


def test_what_leads_to_a_patient_is_in_their_zip():
    assert missing("patient", Patient, LEFT_OUT) == set()


@pytest.mark.parametrize(("kind", "goal"), [("customer", Customer), ("patient", Patient)])
def test_it_would_be_noticed(kind, goal):
    """Nothing is passed over because it is looked for wrongly."""
    found = {model.__name__ for model in belonging(goal)}
    named = {
        "customer": {"Return", "ReturnEvent", "Inquiry", "MailingRecipient", "NotificationEvent"},
        "patient": {"StudyReport", "ReportSignature", "PatientMerge", "PatientIdentifierHistory"},
    }
    assert found >= named[kind]
    assert missing(kind, goal, ()) & set(LEFT_OUT)


def test_no_reason_is_given_for_what_is_not_there():
    names = {model.__name__ for model in apps.get_models()}
    assert set(LEFT_OUT) <= names


def test_histories_are_given_out_too():
    tables = set().union(*(read_by(kind) for kind in Erasure.Kind.values))
    of_persons = [
        model
        for model in apps.get_models()
        if issubclass(model, HistoryRow)
        and any(leads_to(model.pgh_tracked_model, goal) for goal in (Customer, Patient))
    ]
    assert len(of_persons) >= 5
    assert [model.__name__ for model in of_persons if model._meta.db_table not in tables] == []
