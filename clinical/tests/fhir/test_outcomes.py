"""OperationOutcome, from wherever an error comes."""

import json
from typing import Any

import pytest
from django.test import Client, RequestFactory

from clinical.fhir.outcomes import ISSUE_TYPES, outcome, outcome_of
from clinical.tests.factories import PatientFactory
from clinical.tests.fhir.schema import problems, valid
from core.api.errors import server_error
from core.web import rate_limits


@pytest.mark.parametrize("status", [*ISSUE_TYPES, 402, 409, 418, 422, 500, 502])
def test_each_status_has_an_issue_type_of_R4(status):
    told = outcome(status, "any", "Do this.")
    assert not problems(told)
    assert told["issue"][0]["severity"] == "error"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid"), (401, "login"), (404, "not-found"), (429, "throttled"), (500, "exception")],
)
def test_programs_are_told_by_the_type(status, kind):
    assert outcome(status, "any", "Do this.")["issue"][0]["code"] == kind


def test_several_errors_are_several_issues():
    errors: list[dict[str, Any]] = [
        {"code": "a", "detail": "One.", "attr": "family"},
        {"code": "b", "detail": "Two.", "attr": None},
    ]
    first, second = outcome_of(400, errors)["issue"]
    assert (first["location"], first["details"]["text"]) == (["http.family"], "One.")
    assert "location" not in second


def test_a_crash_is_an_outcome_that_says_nothing_of_the_inside():
    answer = server_error(RequestFactory().get("/fhir/Patient"))
    assert valid(answer_of(answer), 500)["issue"][0]["code"] == "exception"
    assert b"our side" in answer.content


def answer_of(response):
    """With `json`, as the test client's have it."""
    response.json = lambda: json.loads(response.content)
    return response


@pytest.fixture
def rates(settings):
    """Counted from nothing."""
    settings.REDIS_URL = ""
    rate_limits.forget()
    yield settings
    rate_limits.forget()


def test_a_flood_of_strangers_is_refused_with_an_outcome(db, rates):
    rates.RATE_ADDRESS = "3/h"
    answers = [Client().get("/fhir/Patient") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert valid(answers[-1], 429)["issue"][0]["code"] == "throttled"
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_client_has_the_rate_of_the_api(api, rates):
    rates.RATE_CLIENT = "2/h"
    PatientFactory.create()
    client = api("clinical:read")
    client.get("/fhir/Patient")
    client.get("/api/v1/patients/")
    refused = client.get("/fhir/Patient")
    assert valid(refused, 429)["issue"][0]["code"] == "throttled"


def test_a_body_without_its_length_is_an_outcome(db):
    answer = Client().post("/fhir/Patient/_search", headers={"transfer-encoding": "chunked"})
    valid(answer, 411)


def test_the_metadata_count_for_the_address(db, rates):
    rates.RATE_ADDRESS = "2/h"
    statuses = [Client().get("/fhir/metadata").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
