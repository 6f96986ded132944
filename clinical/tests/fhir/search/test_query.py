"""What cannot be asked, and how that is said."""

import pytest

from clinical.fhir.search.catalogue import BY_NAME
from clinical.tests.factories import PatientFactory, study_of
from clinical.tests.fhir.schema import valid


def refusal(answer):
    issue = valid(answer, 400)["issue"][0]
    return issue["location"], issue["details"]["text"]


@pytest.mark.parametrize("kind", BY_NAME)
def test_an_unknown_parameter_is_refused_and_those_known_are_named(api, kind):
    where, text = refusal(api().get(f"/fhir/{kind}?favourite-colour=red"))
    assert where == ["http.favourite-colour"]
    assert all(name in text for name in (*BY_NAME[kind].parameters, "_count", "_format"))


@pytest.mark.parametrize(
    "query",
    [
        "patient.name=a",
        "_has:Observation:patient:code=1",
        "_tag:exact=1",
        "_sort=family",
        "_total=accurate",
        "_query=x",
        "gender=male",
        "family[]=a",
    ],
)
def test_what_is_not_offered_is_unknown(api, query):
    _, text = refusal(api().get(f"/fhir/Patient?{query}"))
    assert "no such parameter" in text


@pytest.mark.parametrize(
    ("kind", "query", "word"),
    [
        ("Patient", "family=", "Give a value"),
        ("Patient", "family=a,,b", "Give a value"),
        ("Patient", "family:contains=a", ":exact"),
        ("Patient", "birthdate:missing=true", "modifier"),
        ("Patient", "identifier=a|b|c", "system|code"),
        ("Patient", "identifier=a|", "system|code"),
        ("Patient", "birthdate=10.04.1955", "YYYY-MM-DD"),
        ("Patient", "birthdate=ap1985", "Begin a date"),
        ("Patient", "birthdate=1985-13", "YYYY-MM-DD"),
        ("Patient", "birthdate=1985-02-30", "YYYY-MM-DD"),
        ("Patient", "birthdate=1985-04-10T00:00", "YYYY-MM-DD"),
        ("Patient", "birthdate=gt9999", "calendar"),
        ("Patient", "birthdate=lt0001", "calendar"),
        ("Patient", "family=a%00", "character"),
        ("Patient", "_id=" + ",".join("1" * 101), "at most 100"),
        ("ImagingStudy", "status=ended", "registered"),
        ("ImagingStudy", "modality=xray", "CT"),
        ("ImagingStudy", "patient:Group=1", ":Patient"),
        ("ServiceRequest", "priority=stat", "urgent"),
        ("Patient", "_count=0", "counted"),
        ("Patient", "_count=-1", "1 to 200"),
        ("Patient", "_count=x", "1 to 200"),
        ("Patient", "_count=", "1 to 200"),
        ("Patient", "_summary=count", "counted"),
        ("Patient", "_summary=yes", "true"),
        ("Patient", "_include=Patient:link", "included"),
        ("ImagingStudy", "_include=ImagingStudy:basedon", "ImagingStudy:patient"),
        ("ImagingStudy", "_include=*", "ImagingStudy:patient"),
    ],
)
@pytest.mark.parametrize("prefer", ["", "handling=lenient"])
def test_what_cannot_be_read_is_refused_by_its_name(api, kind, query, word, prefer):
    PatientFactory.create()
    where, text = refusal(api().get(f"/fhir/{kind}?{query}", headers={"Prefer": prefer}))
    assert where == [f"http.{query.partition('=')[0]}"]
    assert word in text


def test_too_many_parameters_are_refused(api):
    _, text = refusal(api().get("/fhir/Patient?" + "&".join(["family=a"] * 51)))
    assert "at most 50" in text


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("", 400),
        ("handling=strict", 400),
        ("return=minimal", 400),
        ("handling=lenient", 200),
        ("Handling = Lenient", 200),
        ("return=minimal, handling=lenient; wait=5", 200),
    ],
)
def test_what_is_unknown_is_left_out_for_who_wants_it_so(api, prefer, status):
    patient = PatientFactory.create()
    answer = api().get("/fhir/Patient?colour=red&_sort=name", headers={"Prefer": prefer})
    told = valid(answer, status)
    if status == 200:
        assert told["entry"][0]["resource"]["id"] == str(patient.pk)
        assert told["link"] == [{"relation": "self", "url": "http://testserver/fhir/Patient"}]


def test_the_link_to_a_page_is_used_alone(api):
    for _ in range(2):
        study_of()
    page = valid(api().get("/fhir/ImagingStudy?_count=1"))
    address = next(each["url"] for each in page["link"] if each["relation"] == "next")
    valid(api().get(address))
    valid(api().get(f"{address}&_format=json"))
    where, _ = refusal(api().get(f"{address}&status=registered"))
    assert where == ["http._page"]
