"""Which addresses are for programs, and how an error reads there."""

import pytest
from django.test import Client, RequestFactory

from core.web import apis


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/orders/", True),
        ("/api/schema/", True),
        ("/fhir/Patient", True),
        ("/fhir/", True),
        ("/fhirs", False),
        ("/admin/", False),
        ("/", False),
    ],
)
def test_addresses_of_programs_are_known(path, expected):
    assert apis.is_api(RequestFactory().get(path)) is expected


@pytest.mark.parametrize(
    ("path", "media_type", "name"),
    [
        ("/api/v1/orders/", "application/json", "errors"),
        ("/fhir/Patient", "application/fhir+json", "issue"),
    ],
)
def test_an_error_reads_as_the_api_writes_it(path, media_type, name):
    answer = apis.error(RequestFactory().get(path), 411, "x", "Do this.", {"Retry-After": "5"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (411, media_type)
    assert answer.headers["Retry-After"] == "5"
    assert b"Do this." in answer.content
    assert name.encode() in answer.content


@pytest.mark.parametrize("path", ["/api/v1/orders/", "/fhir/Patient"])
def test_more_than_a_thousand_parameters_are_no_crash(path, db):
    many = "&".join(f"x{n}=1" for n in range(1_001))
    assert Client().get(f"{path}?{many}").status_code in (400, 401)
    assert Client().post(path, headers={"transfer-encoding": "chunked"}).status_code == 411
