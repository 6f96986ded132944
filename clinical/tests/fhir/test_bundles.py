"""Parts of resources, and pages while the rows change."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinical.fhir.bundles import SUBSETTED, bundle, shaped
from clinical.fhir.search.catalogue import BY_NAME
from clinical.fhir.search.query import Shape
from clinical.models import Patient, Study
from clinical.tests.factories import PatientFactory, study_of
from clinical.tests.fhir.schema import problems, valid

REPORT = {
    "resourceType": "DiagnosticReport",
    "id": "1",
    "status": "final",
    "code": {"text": "a"},
    "subject": {"reference": "Patient/1"},
    "conclusion": "Nothing.",
}
REPORTS = BY_NAME["DiagnosticReport"]


@pytest.mark.parametrize(
    ("shape", "left_out"),
    [
        (Shape("true"), {"conclusion"}),
        (Shape("text"), {"conclusion", "subject"}),
        (Shape(elements=frozenset({"conclusion"})), {"subject"}),
        (Shape("true", frozenset({"conclusion"})), {"subject"}),
    ],
)
def test_a_part_has_what_was_asked_and_what_must_be(shape, left_out):
    part = shaped(REPORTS, REPORT, shape)
    assert set(part) == set(REPORT) - left_out | {"meta"}
    assert part["meta"] == SUBSETTED
    assert not problems(part)


@pytest.mark.parametrize("shape", [Shape(), Shape("data"), Shape("false")])
def test_a_whole_is_the_same(shape):
    assert shaped(REPORTS, REPORT, shape) is REPORT


def test_a_part_keeps_what_its_meta_says():
    part = shaped(REPORTS, REPORT | {"meta": {"versionId": "3"}}, Shape("true"))
    assert part["meta"] == {"versionId": "3"} | SUBSETTED


def test_a_page_of_nothing_has_no_entries():
    page = bundle([], {"self": "http://a.example/fhir/Patient"})
    assert "entry" not in page
    assert not problems(page)


@pytest.mark.parametrize("kind", BY_NAME)
def test_every_mandatory_element_is_told_of_a_study_in_error(api, kind):
    study = study_of()
    Study.objects.update(state="entered-in-error")
    key = study.patient_id if kind == "Patient" else study.pk
    assert set(valid(api().get(f"/fhir/{kind}/{key}"))) >= BY_NAME[kind].mandatory


def following(page):
    return next((each["url"] for each in page["link"] if each["relation"] == "next"), None)


def keys(page):
    return [int(each["resource"]["id"]) for each in page["entry"]]


def test_what_is_added_meanwhile_shifts_no_page(api):
    first = [PatientFactory.create().pk for _ in range(4)]
    page = valid(api().get("/fhir/Patient?_count=2"))
    later = PatientFactory.create().pk
    rest = valid(api().get(following(page)))
    assert keys(page) + keys(rest) == first[::-1]
    assert later not in keys(rest)
    assert following(rest) is None


def test_what_is_deleted_meanwhile_shifts_no_page(api):
    first = [PatientFactory.create().pk for _ in range(4)]
    page = valid(api().get("/fhir/Patient?_count=2"))
    Patient.objects.filter(pk__in=[first[2], first[1]]).delete()
    rest = valid(api().get(following(page)))
    assert keys(rest) == first[:1]


def test_a_page_far_behind_is_reached_without_counting(api):
    for _ in range(6):
        PatientFactory.create()
    address = "/fhir/Patient?_count=1"
    while address:
        with CaptureQueriesContext(connection) as asked:
            page = valid(api("clinical:read").get(address))
        assert not any("OFFSET" in query["sql"] for query in asked)
        assert not any("COUNT(" in query["sql"] for query in asked)
        address = following(page)


@pytest.mark.parametrize("size", [1, 30])
def test_a_search_by_name_takes_one_query_more(api, django_assert_num_queries, size):
    for _ in range(size):
        PatientFactory.create(last_name="Del Toro")
    client = api("clinical:read")
    with django_assert_num_queries(2 + 2 + 1):
        page = client.get("/fhir/Patient", {"family": "toro"})
    assert len(keys(valid(page))) == size
