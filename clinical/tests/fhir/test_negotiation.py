"""How a form is asked for, in all the ways that clients do."""

import json

import pytest
from rest_framework.exceptions import NotAcceptable
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from clinical.fhir.negotiation import FhirNegotiation, FhirRenderer
from clinical.tests.factories import PatientFactory

TAKEN = "application/fhir+json; fhirVersion=4.0"


def selected(query="", **headers):
    request = Request(APIRequestFactory().get(f"/fhir/Patient{query}", headers=headers))
    return FhirNegotiation().select_renderer(request, [FhirRenderer()])[1]


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/*",
        "application/json",
        "application/fhir+json",
        "application/fhir+json;fhirVersion=4.0",
        'application/fhir+json; fhirVersion="4.0"; charset=utf-8',
        "APPLICATION/FHIR+JSON",
        "application/json+fhir",
        "text/json",
        "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
        "application/fhir+xml;q=0.9, application/fhir+json;q=0.8",
    ],
)
def test_json_is_given_to_who_takes_it(accept):
    assert selected(accept=accept) == TAKEN


@pytest.mark.parametrize(
    "accept",
    [
        "application/fhir+xml",
        "text/html",
        "image/*",
        "application/fhir+json; fhirVersion=3.0",
        "application/fhir+json; fhirVersion=5.0",
        "json5",
        ";",
        ",",
        "é",
    ],
)
def test_who_takes_something_else_alone_is_refused(accept):
    with pytest.raises(NotAcceptable, match="Only JSON"):
        selected(accept=accept)


@pytest.mark.parametrize("form", ["json", "application/json", "application/fhir+json"])
def test_the_address_counts_before_the_header(form):
    assert selected(f"?_format={form}", accept="text/html") == TAKEN


def test_an_answer_names_its_version(api):
    answer = api().get("/fhir/metadata")
    assert answer.headers["Content-Type"] == TAKEN


def test_letters_of_all_languages_are_written_as_they_are(api):
    patient = PatientFactory.create(first_name="Ольга", last_name="Ångström-İpek")
    text = api().get(f"/fhir/Patient/{patient.pk}").content.decode()
    assert "Ольга" in text
    assert json.loads(text)["name"][0]["family"] == "Ångström-İpek"


def test_a_pretty_answer_says_the_same(api):
    patient = PatientFactory.create()
    plain = api().get(f"/fhir/Patient/{patient.pk}")
    pretty = api().get(f"/fhir/Patient/{patient.pk}?_pretty=true")
    assert plain.json() == pretty.json()
    assert b"\n" in pretty.content
    assert b"\n" not in plain.content
