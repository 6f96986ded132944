"""Every read of health data is on record, whichever door it went through."""

import pytest
from django.db import models

from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory
from customers.api.views import CustomerViewSet
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.models import AccessRecord
from identity.rights.scopes import PERMISSIONS
from identity.tests.factories import client_named, staff
from orders.tests.factories import placed_order


def log():
    """What is on record: how, through which door, whose data."""
    rows = AccessRecord.objects.order_by("id").values_list("how", "via", "patients")
    return [(how, via, sorted(patients)) for how, via, patients in rows]


def study_of(patient):
    """A study, made plainly."""
    return Study.objects.create(patient=patient, urgency_level="LOW", body_part="knee", type="CT")


def test_the_api_records_lists_searches_and_single_patients(api):
    first, second = PatientFactory.create(last_name="Aal"), PatientFactory.create(last_name="Baum")
    client = api("clinical:read")
    client.get("/api/v1/patients/")
    client.get("/api/v1/patients/?search=Baum")
    client.get(f"/api/v1/patients/{first.pk}/")
    both = sorted([first.pk, second.pk])
    assert log() == [
        ("list", "api", both),
        ("search", "api", [second.pk]),
        ("detail", "api", [first.pk]),
    ]
    assert AccessRecord.objects.earliest("id").actor == client_named("test")


def test_the_api_records_reads_of_studies(api):
    study = study_of(PatientFactory.create())
    client = api("clinical:read")
    address = f"/api/v1/patients/{study.patient_id}/studies/"
    client.get(address)
    client.get(f"{address}{study.pk}/")
    assert log() == [(how, "api", [study.patient_id]) for how in ("list", "detail")]


def test_a_refused_or_empty_read_is_not_on_record(api):
    patient = PatientFactory.create()
    api("orders:read").get(f"/api/v1/patients/{patient.pk}/")
    api(None).get("/api/v1/patients/")
    api().get("/api/v1/patients/0/")
    api().get("/api/v1/patients/?search=nobody")
    assert log() == []


def test_a_change_shows_the_record_and_so_is_a_read(api):
    patient = PatientFactory.create()
    answer = api().patch(f"/api/v1/patients/{patient.pk}/", {"last_name": "Neu"}, format="json")
    assert answer.status_code == 200
    assert log() == [("detail", "api", [patient.pk])]


@pytest.fixture
def clara(client, db):
    """A clinician, in the admin."""
    user = staff("clinician", username="clara")
    client.force_login(user)
    return user


def test_the_admin_records_lists_searches_pages_and_autocompletion(client, clara):
    first, second = PatientFactory.create(last_name="Aal"), PatientFactory.create(last_name="Baum")
    client.get("/admin/clinical/patient/")
    client.get("/admin/clinical/patient/?q=Baum")
    client.get(f"/admin/clinical/patient/{first.pk}/change/")
    query = {"app_label": "clinical", "model_name": "study", "field_name": "patient", "term": "Aal"}
    assert client.get("/admin/autocomplete/", query).json()["results"][0]["id"] == str(first.pk)
    assert log() == [
        ("list", "admin", sorted([first.pk, second.pk])),
        ("search", "admin", [second.pk]),
        ("detail", "admin", [first.pk]),
        ("autocomplete", "admin", [first.pk]),
    ]


def test_the_admin_records_the_patients_of_studies(client, clara):
    study = study_of(PatientFactory.create())
    client.get("/admin/clinical/study/")
    client.get(f"/admin/clinical/study/{study.pk}/change/")
    assert log() == [(how, "admin", [study.patient_id]) for how in ("list", "detail")]


def test_a_patients_page_shows_who_looked(client, clara, api):
    patient = PatientFactory.create()
    api("clinical:read").get(f"/api/v1/patients/{patient.pk}/")
    page = client.get(f"/admin/clinical/patient/{patient.pk}/change/").content.decode()
    assert f"{client_named('test')} · Detail" in page
    assert "clara · Detail" in page


def test_who_may_not_see_patients_leaves_no_record_and_sees_none(client, db):
    patient = PatientFactory.create(last_name="Verborgen")
    for role in ("support", "fulfilment", "manager"):
        client.force_login(staff(role))
        for page in ("", f"{patient.pk}/change/"):
            answer = client.get(f"/admin/clinical/patient/{page}")
            assert answer.status_code == 403
            assert b"Verborgen" not in answer.content
    assert log() == []
    assert Patient.objects.count() == 1


def test_a_list_costs_one_statement_for_the_log(api, django_assert_max_num_queries):
    for _ in range(3):
        PatientFactory.create()
    client = api("clinical:read")
    with django_assert_max_num_queries(5):
        client.get("/api/v1/patients/")


def test_support_is_not_told_that_a_customer_is_a_patient(client, api):
    key = PatientFactory.create(customer=CustomerFactory.create()).customer_id
    client.force_login(staff("support"))
    text = client.get(f"/admin/customers/customer/{key}/delete/").content.decode()
    assert "other records" in text
    assert "patient" not in text.lower()


@pytest.mark.parametrize("scopes", [(), ("orders:read",), ("clinical:read",)])
def test_a_refusal_to_delete_is_the_same_whatever_keeps_the_customer(api, scopes):
    """Who may not see all that could keep one is not told by the answer what does."""
    bare, of_a_patient, with_an_order = CustomerFactory.create_batch(3)
    PatientFactory.create(customer=of_a_patient)
    placed_order(with_an_order)
    client = api("customers:write", "customers:read", *scopes)
    keys = [row.pk for row in (bare, of_a_patient, with_an_order)] + [10**9]
    answers = [client.delete(f"/api/v1/customers/{key}/") for key in keys]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert Customer.objects.count() == 3


def test_whoever_may_see_all_is_told_what_keeps_the_customer(api):
    bare, patient = CustomerFactory.create(), PatientFactory.create(customer=CustomerFactory())
    client = api("customers:write", "orders:read", "clinical:read")
    assert client.delete(f"/api/v1/customers/{bare.pk}/").status_code == 204
    refused = client.delete(f"/api/v1/customers/{patient.customer_id}/")
    assert refused.status_code == 409
    assert "patients" in refused.json()["errors"][0]["detail"]


def test_all_that_keeps_a_customer_is_asked_for_before_one_is_deleted():
    """A new table whose rows keep customers belongs into `delete_scopes`."""
    keeping = {
        f"{relation.related_model._meta.app_label}.view_{relation.related_model._meta.model_name}"
        for relation in Customer._meta.related_objects
        if relation.on_delete is models.PROTECT
    }
    seen = {name for scope in CustomerViewSet.delete_scopes for name in PERMISSIONS[scope]}
    assert keeping <= seen
