"""Patients over HTTP: requirements B1 and B3."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinical.models import Patient
from clinical.tests.factories import PatientFactory, study_of
from customers.tests.factories import CustomerFactory

CALLER = 2  # finding who calls, and the access log
PATIENTS = "/api/v1/patients/"
JOSE = {
    "first_name": "Jose",
    "last_name": "Villalobos",
    "birth_date": "1955-04-10",
    "email": "pepe@ejemplo.com",
}


def errors(answer):
    return {error["attr"]: error["code"] for error in answer.json()["errors"]}


def test_B1_a_patient_is_created_shown_changed_and_deleted(api):
    client = api("clinical:read", "clinical:write")
    made = client.post(PATIENTS, JOSE, format="json")
    assert made.status_code == 201
    address = made["Location"]
    assert made.json() == JOSE | {
        "id": made.json()["id"],
        "birth_date_precision": "day",
        "customer": None,
        "identifiers": [],
        "studies": [],
    }
    assert client.get(address).json() == made.json()
    put = client.put(address, JOSE | {"first_name": "Pepe"}, format="json")
    assert put.json()["first_name"] == "Pepe"
    patched = client.patch(address, {"email": ""}, format="json").json()
    assert (patched["email"], patched["first_name"]) == ("", "Pepe")
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_B1_a_patient_may_be_one_of_our_customers(api):
    customer = CustomerFactory.create()
    made = api().post(PATIENTS, JOSE | {"customer": customer.pk}, format="json").json()
    assert made["customer"] == customer.pk
    unlinked = api().patch(f"{PATIENTS}{made['id']}/", {"customer": None}, format="json")
    assert unlinked.json()["customer"] is None


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("first_name", "-", "no_letter"),
        ("last_name", None, "null"),
        ("last_name", "x" * 101, "max_length"),
        ("last_name", "a\0b", "null_characters_not_allowed"),
        ("last_name", "a\nb", "control_characters"),
        ("last_name", 5, "invalid"),
        ("birth_date", "1899-12-31", "birth_date"),
        ("birth_date", "2999-01-01", "birth_date"),
        ("birth_date", "10.04.1955", "invalid"),
        ("birth_date", "19550410", "invalid"),
        ("birth_date", "1955-W15-7", "invalid"),
        ("birth_date", "1955-02-30", "invalid"),
        ("birth_date", 5, "invalid"),
        ("birth_date", [], "invalid"),
        ("email", "pepe", "invalid"),
        ("email", "p" * 250 + "@ejemplo.com", "max_length"),
        ("customer", 2**63, "does_not_exist"),
        ("customer", -1, "does_not_exist"),
        ("customer", 1.5, "invalid"),
        ("customer", True, "invalid"),
        ("customer", "1", "invalid"),
        ("customer", [], "invalid"),
        ("id", 5, "unknown_field"),
        ("studies", [], "unknown_field"),
        ("external_id", "5", "unknown_field"),
    ],
)
def test_bad_input_is_refused_with_the_field_named_and_nothing_is_written(api, field, value, code):
    answer = api().post(PATIENTS, JOSE | {field: value}, format="json")
    assert (answer.status_code, errors(answer)) == (400, {field: code}), answer.json()
    assert not Patient.objects.exists()


def test_a_birth_date_may_be_today_but_not_tomorrow(api):
    today = timezone.localdate()
    young = api().post(PATIENTS, JOSE | {"birth_date": str(today)}, format="json")
    unborn = api().post(
        PATIENTS, JOSE | {"birth_date": str(today + timedelta(days=1))}, format="json"
    )
    assert (young.status_code, unborn.status_code) == (201, 400)


@pytest.mark.parametrize("size", [2, 12])
def test_B3_a_list_shows_the_studies_in_one_query(api, django_assert_num_queries, size):
    for patient in PatientFactory.create_batch(size, customer=CustomerFactory.create()):
        study_of(patient)
        study_of(patient, type="CT")
    client = api("clinical:read")
    with django_assert_num_queries(CALLER + 1):
        page = client.get(PATIENTS).json()["results"]
    assert [[study["type"] for study in row["studies"]] for row in page] == [
        ["CT", "MAMMOGRAM"]
    ] * size


@pytest.mark.parametrize("studies", [1, 9])
def test_B3_one_patient_takes_one_query(api, django_assert_num_queries, studies):
    patient = PatientFactory.create()
    for _ in range(studies):
        study_of(patient)
    client = api("clinical:read")
    with django_assert_num_queries(CALLER + 1):
        client.get(f"{PATIENTS}{patient.pk}/")


@pytest.mark.parametrize("key", ["0", "-1", "abc", "1.5", str(2**63), "9" * 5000, "%00", "１"])
def test_a_patient_who_is_not_there_is_a_404(api, key):
    for method in ("get", "put", "patch", "delete"):
        answer = getattr(api(), method)(f"{PATIENTS}{key}/", {}, format="json")
        assert answer.status_code == 404


@pytest.mark.parametrize("deleted", [False, True])
def test_a_patient_who_ever_had_a_study_is_not_deleted(api, deleted):
    """A health record does not vanish by one call, nor by two."""
    study = study_of()
    address = f"{PATIENTS}{study.patient_id}/"
    if deleted:
        api().delete(f"{address}studies/{study.pk}/")
    answer = api().delete(address)
    assert (answer.status_code, errors(answer)) == (409, {None: "in_use"})
    assert "Health records are kept" in answer.json()["errors"][0]["detail"]
    assert Patient.objects.filter(studies=study).exists()


@pytest.mark.parametrize("scopes", [(None,), ("customers:write", "orders:read")])
def test_an_outsider_is_refused_and_nothing_changes(api, scopes):
    patient = PatientFactory.create()
    outsider = api(*scopes)
    for method, address in [
        ("get", PATIENTS),
        ("post", PATIENTS),
        ("get", f"{PATIENTS}{patient.pk}/"),
        ("put", f"{PATIENTS}{patient.pk}/"),
        ("patch", f"{PATIENTS}{patient.pk}/"),
        ("delete", f"{PATIENTS}{patient.pk}/"),
    ]:
        answer = getattr(outsider, method)(address, JOSE, format="json")
        assert answer.status_code == (401 if scopes == (None,) else 403)
        assert "Diana" not in answer.content.decode()
    assert list(Patient.objects.values_list("first_name", flat=True)) == [patient.first_name]


def test_who_may_read_may_not_write(api):
    patient = PatientFactory.create()
    reader = api("clinical:read")
    assert reader.get(f"{PATIENTS}{patient.pk}/").status_code == 200
    assert reader.delete(f"{PATIENTS}{patient.pk}/").status_code == 403
    assert Patient.objects.exists()


def test_the_same_key_creates_one_patient(api):
    headers = {"Idempotency-Key": "one"}
    first, second = (
        api().post(PATIENTS, JOSE, format="json", headers=headers).json() for _ in range(2)
    )
    assert first == second
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=villa", ["Villalobos"]),
        ("search=toro", ["Del Toro"]),
        ("search=laura del", ["Del Toro"]),
        ("search=diana@ej", ["Del Toro"]),
        ("search=moreno", ["Ruiz-Moreno"]),
        ("search=RUIZ-mor", ["Ruiz-Moreno"]),
        ("search=x-17", ["Villalobos"]),
        ("search=illalobos", []),
        ("search='", []),
        ("search=:* | !(", []),
        ("birth_date=1955-04-10", ["Villalobos"]),
        ("email=PEPE@ejemplo.com", ["Villalobos"]),
        ("external_id=x-17", ["Villalobos"]),
        ("customer=999", []),
        ("birth_date=1955-04", ["Villalobos"]),
        ("ordering=id", ["Villalobos", "Del Toro"]),
        ("page_size=1", ["Del Toro"]),
    ],
)
def test_patients_are_found_filtered_and_ordered(api, query, found):
    PatientFactory.create(**JOSE, external_id="x-17")
    PatientFactory.create(last_name="Del Toro", email="diana@ejemplo.com")
    if "search" in query:
        PatientFactory.create(first_name="Ana", last_name="Ruiz-Moreno", email="")
    name, _, value = query.partition("=")
    answer = api("clinical:read").get(PATIENTS, {name: value})
    assert [row["last_name"] for row in answer.json()["results"]] == found


@pytest.mark.parametrize(
    "query",
    [
        {"birth_date": "yesterday"},
        {"birth_date": "10/04/1955"},
        {"customer": "x"},
        {"customer": str(2**63)},
        {"email": "a\0"},
        {"search": "a\0"},
        {"ordering": "email"},
        {"page_size": "0"},
    ],
)
def test_a_query_that_makes_no_sense_is_a_400(api, query):
    assert api("clinical:read").get(PATIENTS, query).status_code == 400


def test_deleted_studies_are_not_shown(api):
    study = study_of()
    api().delete(f"{PATIENTS}{study.patient_id}/studies/{study.pk}/")
    assert api().get(f"{PATIENTS}{study.patient_id}/").json()["studies"] == []
