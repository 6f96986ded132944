"""What is refused before a view is reached, and what errors look like."""

import pytest
from django.test import Client, RequestFactory

from core.api.errors import server_error


def test_a_body_above_one_megabyte_is_refused_unread(db):
    answer = Client().post("/api/v1/orders/", b"x" * 1_048_577, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "body_too_large"


def test_a_chunked_body_must_say_its_length(db):
    answer = Client().post("/api/v1/orders/", headers={"transfer-encoding": "chunked"})
    assert answer.status_code == 411


def test_an_unknown_api_address_answers_json(db):
    answer = Client().get("/api/v1/nothing/")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "not_found"


def test_an_unknown_page_says_where_to_go(db):
    answer = Client().get("/nothing/")
    assert answer.status_code == 404
    assert b"first page" in answer.content


@pytest.mark.parametrize("address", ["/api/v1/orders/", "/admin/"])
def test_a_crash_says_nothing_of_the_inside(address):
    answer = server_error(RequestFactory().get(address))
    assert answer.status_code == 500
    assert b"our side" in answer.content


@pytest.mark.parametrize("address", ["/api/schema/", "/api/docs/"])
def test_the_api_document_is_served_from_here(address, db):
    answer = Client().get(address)
    assert answer.status_code == 200
    assert b"//cdn" not in answer.content


@pytest.mark.parametrize("address", ["/admin/login/", "/api/v1/orders/", "/nothing/", "/livez"])
def test_every_answer_says_what_a_browser_may_load(address, db):
    policy = Client().get(address).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
