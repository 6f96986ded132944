"""Reads and searches over HTTP, each answer checked by HL7's schema."""

from urllib.parse import urlencode

import pytest

from clinical.births import Precision
from clinical.fhir.search.catalogue import BY_NAME, TYPES
from clinical.models import Modality, Patient, Study, Urgency
from clinical.states import StudyState
from clinical.tests.factories import PatientFactory, signed_study, study_of
from clinical.tests.fhir.schema import valid
from identity.models import AccessRecord

CALLER = 2  # finding who calls, and the access log
QUERIES = {"Patient": 2, "ServiceRequest": 1, "ImagingStudy": 1, "DiagnosticReport": 2}
STUDY_TYPES = [kind.name for kind in TYPES if kind.model is Study]
JOSE = {
    "first_name": "Jose",
    "last_name": "Villalobos",
    "birth_date": "1955-04-10",
    "email": "pepe@ejemplo.com",
    "external_id": "1",
}


def ids(bundle, mode="match"):
    entries = bundle.get("entry", [])
    return [each["resource"]["id"] for each in entries if each["search"]["mode"] == mode]


def without_meta(resource):
    return {name: value for name, value in resource.items() if name != "meta"}


def link(bundle, relation):
    return next((each["url"] for each in bundle["link"] if each["relation"] == relation), None)


def put(study, state):
    """Into a state, whatever led to it."""
    Study.objects.filter(pk=study.pk).update(state=state, performed_at=study.created_at)
    return study


def identify(patient, system, value="AB 12", kind="MR"):
    values = {"type": kind, "system": system, "value": value}
    if "12" in value and system == "urn:a":
        values["value"] = f"{value}-{patient.pk}"
    return patient.identifiers.create(**values)


def by_form(client, path, form):
    kind = "application/x-www-form-urlencoded"
    return client.post(path, urlencode(form), content_type=kind)


def log():
    rows = AccessRecord.objects.order_by("id").values_list("how", "via", "patients")
    return [(how, via, sorted(patients)) for how, via, patients in rows]


def test_a_patient_is_read(api, settings):
    patient = PatientFactory.create(**JOSE)
    told = valid(api("clinical:read").get(f"/fhir/Patient/{patient.pk}"))
    assert without_meta(told) == {
        "resourceType": "Patient",
        "id": str(patient.pk),
        "identifier": [{"system": f"{settings.PUBLIC_URL}/fhir/identifier/imported", "value": "1"}],
        "active": True,
        "name": [{"text": "Jose Villalobos", "family": "Villalobos", "given": ["Jose"]}],
        "telecom": [{"system": "email", "value": "pepe@ejemplo.com"}],
        "birthDate": "1955-04-10",
    }


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"first_name": ""}, {"name": [{"text": "Villalobos", "family": "Villalobos"}]}),
        ({"last_name": ""}, {"name": [{"text": "Jose", "given": ["Jose"]}]}),
        ({"birth_date": "1955-01-01", "birth_date_precision": "year"}, {"birthDate": "1955"}),
        ({"birth_date": "1955-04-01", "birth_date_precision": "month"}, {"birthDate": "1955-04"}),
    ],
)
def test_of_a_patient_only_what_is_known_is_told(api, fields, shown):
    patient = PatientFactory.create(**JOSE | fields)
    told = valid(api().get(f"/fhir/Patient/{patient.pk}"))
    assert told.items() >= shown.items()


def test_what_a_patient_lacks_is_left_out(api):
    patient = PatientFactory.create(email="", external_id=None)
    told = valid(api().get(f"/fhir/Patient/{patient.pk}"))
    assert not {"telecom", "identifier"} & set(told)


def test_a_study_is_a_request_images_and_a_report(api):
    study = study_of(PatientFactory.create(), body_part="NECK", description="NORMAL THYROID")
    subject = {"reference": f"Patient/{study.patient_id}"}
    request = valid(api().get(f"/fhir/ServiceRequest/{study.pk}"))
    images = valid(api().get(f"/fhir/ImagingStudy/{study.pk}"))
    report = valid(api().get(f"/fhir/DiagnosticReport/{study.pk}"))
    assert request["subject"] == images["subject"] == report["subject"] == subject
    assert request["bodySite"] == [{"text": "NECK"}]
    assert request["code"] == {"text": "mammogram"}
    assert (request["priority"], request["intent"]) == ("urgent", "order")
    assert images["note"] == [{"text": "NORMAL THYROID"}]
    assert images["modality"][0]["code"] == "MG"
    assert report["code"]["coding"][0]["code"] == "18748-4"
    asked = [{"reference": f"ServiceRequest/{study.pk}"}]
    assert images["basedOn"] == report["basedOn"] == asked
    assert report["imagingStudy"] == [{"reference": f"ImagingStudy/{study.pk}"}]


def references(value):
    if isinstance(value, dict):
        yield from [value["reference"]] if "reference" in value else []
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from references(part)


@pytest.mark.parametrize("name", STUDY_TYPES)
def test_whatever_is_referred_to_is_there(api, name):
    study = study_of()
    told = valid(api().get(f"/fhir/{name}/{study.pk}"))
    for reference in references(told):
        valid(api().get(f"/fhir/{reference}"))


@pytest.mark.parametrize("name", STUDY_TYPES)
@pytest.mark.parametrize("state", StudyState)
@pytest.mark.parametrize("description", ["", "A fracture.\n\nOld."])
def test_a_study_is_valid_in_every_state(api, name, state, description):
    study = put(study_of(description=description), state)
    valid(api().get(f"/fhir/{name}/{study.pk}"))
    assert ids(valid(api().get(f"/fhir/{name}"))) == [str(study.pk)]


@pytest.mark.parametrize("kind", Modality)
@pytest.mark.parametrize("urgency", Urgency)
def test_a_study_is_valid_of_every_kind(api, kind, urgency):
    study = study_of(type=kind, urgency_level=urgency)
    for name in STUDY_TYPES:
        if (name, kind) != ("ImagingStudy", Modality.LABORATORY):
            valid(api().get(f"/fhir/{name}/{study.pk}"))


def test_of_a_laboratorys_study_there_are_no_images(api):
    study = study_of(type="LABORATORY", body_part="ancestry")
    assert api().get(f"/fhir/ImagingStudy/{study.pk}").status_code == 404
    assert ids(valid(api().get("/fhir/ImagingStudy"))) == []
    report = valid(api().get(f"/fhir/DiagnosticReport/{study.pk}"))
    assert report["category"][0]["coding"][0]["code"] == "LAB"
    assert "imagingStudy" not in report


@pytest.mark.parametrize("name", STUDY_TYPES)
def test_of_a_study_entered_in_error_nothing_is_told_but_that(api, name):
    study = study_of(body_part="ZQKNEE", description="ZQFRACTURE", type="CT")
    put(study, StudyState.ENTERED_IN_ERROR)
    answer = api().get(f"/fhir/{name}/{study.pk}")
    assert valid(answer)["status"] == "entered-in-error"
    assert "ZQ" not in answer.content.decode()
    assert ids(valid(api().get(f"/fhir/{name}", {"status": "entered-in-error"}))) == [str(study.pk)]


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("key", ["0", "-1", "abc", "1.5", str(2**63), "9" * 64, "%00", "１"])
def test_what_is_not_there_is_a_404(api, name, key):
    told = valid(api().get(f"/fhir/{name}/{key}"), 404)
    assert told["issue"][0]["code"] == "not-found"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/fhir/", 404),
        ("get", "/fhir/Encounter", 404),
        ("get", "/fhir/Patient/", 404),
        ("get", "/fhir/Patient/1/_history/1", 404),
        ("get", "/fhir/Patient/_search", 405),
        ("post", "/fhir/Patient", 405),
        ("post", "/fhir/", 404),
        ("put", "/fhir/Patient/1", 405),
        ("patch", "/fhir/Patient/1", 405),
        ("delete", "/fhir/Patient/1", 405),
        ("options", "/fhir/Patient/1", 405),
        ("post", "/fhir/metadata", 405),
    ],
)
def test_what_cannot_be_done_is_said_so(api, method, path, status):
    told = valid(getattr(api(), method)(path), status)
    assert told["resourceType"] == "OperationOutcome"


def test_an_unknown_type_is_answered_with_those_there_are(api):
    text = valid(api().get("/fhir/Encounter"), 404)["issue"][0]["details"]["text"]
    assert all(name in text for name in BY_NAME)


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        (None, "", 200),
        ("*/*", "", 200),
        ("application/fhir+json", "", 200),
        ("application/json", "", 200),
        ("application/fhir+json; fhirVersion=4.0", "", 200),
        ("application/fhir+json; fhirVersion=3.0", "", 406),
        ("application/fhir+xml", "", 406),
        ("application/fhir+xml, application/json;q=0.5", "", 200),
        ("text/html", "", 406),
        ("application/fhir+xml", "?_format=json", 200),
        ("application/fhir+json", "?_format=xml", 406),
        (None, "?_format=application/fhir%2Bjson", 200),
        (None, "?_format=application/fhir+json", 200),
        (None, "?_format=text/turtle", 406),
        (None, "?_format=json&_pretty=true", 200),
    ],
)
@pytest.mark.parametrize("path", ["/fhir/metadata", "/fhir/Patient"])
def test_the_form_is_negotiated(api, header, query, status, path):
    headers = {"HTTP_ACCEPT": header} if header else {}
    valid(api().get(f"{path}{query}", **headers), status)


@pytest.mark.parametrize("size", [2, 12])
@pytest.mark.parametrize("name", STUDY_TYPES)
def test_a_page_takes_as_many_queries_whatever_its_size(api, django_assert_num_queries, name, size):
    for _ in range(size):
        signed_study()
    client, page = api("clinical:read"), CALLER + QUERIES[name]
    key = Study.objects.latest("id").pk
    with django_assert_num_queries(page):
        client.get(f"/fhir/{name}")
    with django_assert_num_queries(page):
        client.get(f"/fhir/{name}/{key}")
    with django_assert_num_queries(page + QUERIES["Patient"]):
        client.get(f"/fhir/{name}", {"_include": f"{name}:patient"})


@pytest.mark.parametrize("size", [2, 12])
def test_a_page_of_patients_takes_two(api, django_assert_num_queries, size):
    for _ in range(size):
        identify(PatientFactory.create(), "urn:a")
    client, key = api("clinical:read"), PatientFactory.create().pk
    with django_assert_num_queries(CALLER + QUERIES["Patient"]):
        client.get("/fhir/Patient")
    with django_assert_num_queries(CALLER + QUERIES["Patient"]):
        client.get(f"/fhir/Patient/{key}")


def test_pages_follow_each_other_and_hold_each_row_once(api):
    patient = PatientFactory.create()
    keys = [str(study_of(patient).pk) for _ in range(7)]
    study_of()
    address, seen = f"/fhir/ImagingStudy?patient={patient.pk}&_count=3", []
    while address:
        page = valid(api().get(address))
        assert len(ids(page)) <= 3
        assert valid(api().get(link(page, "self"))) | {"link": 0} == page | {"link": 0}
        seen += ids(page)
        address = link(page, "next")
    assert seen == keys[::-1]


def test_a_page_holds_at_most_two_hundred(api):
    patient = PatientFactory.create()
    rows = [
        Study(patient=patient, urgency_level="LOW", body_part="knee", type="CT") for _ in range(201)
    ]
    Study.objects.bulk_create(rows)
    page = valid(api().get("/fhir/DiagnosticReport?_count=100000"))
    assert len(ids(page)) == 200
    assert len(ids(valid(api().get(link(page, "next"))))) == 1
    assert len(ids(valid(api().get("/fhir/DiagnosticReport")))) == 50


def test_nobody_found_is_a_bundle_without_entries(api):
    told = valid(api().get("/fhir/Patient?_id=5"))
    assert "entry" not in told
    assert log() == []


def test_an_entry_says_where_its_resource_is(api):
    study = study_of()
    page = valid(api().get("/fhir/ServiceRequest"))
    address = page["entry"][0]["fullUrl"]
    assert address == f"http://testserver/fhir/ServiceRequest/{study.pk}"
    assert valid(api().get(address)) == page["entry"][0]["resource"]


def test_a_search_may_be_sent_as_a_form_and_shows_in_no_address(api):
    for _ in range(3):
        PatientFactory.create(last_name="Zqlast")
    form = {"family": "Zqlast", "_count": "2"}
    page = valid(by_form(api(), "/fhir/Patient/_search", form))
    assert len(ids(page)) == 2
    assert not [each for each in page["link"] if "zqlast" in each["url"].lower()]
    assert ids(valid(api().get(link(page, "self")))) == ids(page)
    assert len(ids(valid(api().get(link(page, "next"))))) == 1


def test_a_form_and_the_address_count_together(api):
    first, second = study_of(type="CT"), study_of(type="MRI")
    narrow = "/fhir/ImagingStudy/_search?modality=MR"
    page = valid(by_form(api(), narrow, {"_id": first.pk}))
    assert ids(page) == []
    page = valid(by_form(api(), narrow, {"_id": second.pk}))
    assert ids(page) == [str(second.pk)]
    assert ids(valid(api().post("/fhir/ImagingStudy/_search"))) == [str(second.pk), str(first.pk)]


def test_a_form_of_another_type_is_refused(api):
    valid(api().post("/fhir/Patient/_search", {"family": "a"}, format="json"), 415)


@pytest.mark.parametrize("by", ["patient", "subject"])
@pytest.mark.parametrize("kind", ["", ":Patient"])
@pytest.mark.parametrize("name", STUDY_TYPES)
def test_the_patients_are_included(api, name, by, kind):
    patient = PatientFactory.create()
    for _ in range(2):
        study_of(patient)
    page = valid(api().get(f"/fhir/{name}", {"_include": f"{name}:{by}{kind}"}))
    assert len(ids(page)) == 2
    assert ids(page, "include") == [str(patient.pk)]
    assert log()[-1] == ("list", "api", [patient.pk])


def test_every_read_and_search_is_on_record(api):
    first, second = study_of(), study_of()
    both = sorted([first.patient_id, second.patient_id])
    client = api("clinical:read")
    client.get("/fhir/Patient")
    client.get(f"/fhir/Patient/{first.patient_id}")
    client.get(f"/fhir/ImagingStudy/{first.pk}", headers={"Access-Reason": "Second opinion"})
    client.get("/fhir/DiagnosticReport", {"patient": second.patient_id})
    by_form(client, "/fhir/ServiceRequest/_search", {"_include": "ServiceRequest:patient"})
    assert log() == [
        ("list", "api", both),
        ("detail", "api", [first.patient_id]),
        ("detail", "api", [first.patient_id]),
        ("search", "api", [second.patient_id]),
        ("list", "api", both),
    ]
    assert AccessRecord.objects.filter(reason="Second opinion").count() == 1


def test_a_refused_read_is_not_on_record(api):
    study = study_of()
    for client in (api(None), api("orders:read"), api("clinical:write")):
        for path in ("Patient", f"Patient/{study.patient_id}", f"ImagingStudy/{study.pk}"):
            status = client.get(f"/fhir/{path}").status_code
            assert status in (401, 403)
    assert api().get("/fhir/Patient?family=").status_code == 400
    assert log() == []


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("_summary=true", {"status", "code", "category", "subject"}),
        ("_summary=text", {"status", "code"}),
        ("_elements=subject", {"status", "code", "subject"}),
        ("_elements=subject, basedOn,unheard", {"status", "code", "subject", "basedOn"}),
    ],
)
def test_a_part_may_be_asked_for_and_is_marked_as_one(api, query, kept):
    study = study_of()
    for path in (f"DiagnosticReport/{study.pk}?", "DiagnosticReport?"):
        told = valid(api().get(f"/fhir/{path}{query}"))
        told = told["entry"][0]["resource"] if "entry" in told else told
        assert set(told) == {"resourceType", "id", "meta"} | kept
        assert told["meta"]["tag"][0]["code"] == "SUBSETTED"


@pytest.mark.parametrize("query", ["_summary=false", "_summary=data", ""])
def test_the_whole_is_not_marked(api, query):
    study = study_of()
    told = valid(api().get(f"/fhir/DiagnosticReport/{study.pk}?{query}"))
    assert "tag" not in told["meta"]


@pytest.mark.parametrize("query", ["family=a", "_count=1", "_include=a"])
def test_a_read_takes_no_parameters_of_searches(api, query):
    patient = PatientFactory.create()
    valid(api().get(f"/fhir/Patient/{patient.pk}?{query}"), 400)


def test_a_body_that_is_too_long_is_an_outcome(api):
    valid(by_form(api(), "/fhir/Patient/_search", {"family": "a" * 1_100_000}), 413)


def test_too_many_fields_are_an_outcome(api):
    many = "&".join(f"x{n}=1" for n in range(2_000))
    valid(api().get(f"/fhir/Patient?{many}"), 400)
    kind = "application/x-www-form-urlencoded"
    valid(api().post("/fhir/Patient/_search", many, content_type=kind), 400)


def test_answers_are_kept_nowhere(api):
    PatientFactory.create()
    assert api().get("/fhir/Patient").headers["Cache-Control"] == "no-store"


def test_a_precision_of_each_kind_is_shown_in_a_search(api):
    for precision in Precision:
        PatientFactory.create(birth_date="1955-01-01", birth_date_precision=precision)
    page = valid(api().get("/fhir/Patient"))
    dates = {each["resource"]["birthDate"] for each in page["entry"]}
    assert dates == {"1955", "1955-01", "1955-01-01"}
    assert Patient.objects.count() == 3
