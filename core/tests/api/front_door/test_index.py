"""What /api/v1/ says."""

import re

import pytest
from django.conf import settings
from django.test import Client

from core.api.front_door.index import resources


def test_it_lists_what_there_is_to_anybody():
    answer = Client().get("/api/v1/")
    said = answer.json()
    assert answer.status_code == 200
    assert {"customers", "orders", "shipments", "patients", "exceptions"} <= set(said["resources"])
    assert said["resources"]["orders"] == "http://testserver/api/v1/orders/"
    assert said["issuer"] == settings.OIDC_ISSUER
    assert "make -s token" in said["tokens"]
    for name in ("documentation", "schema"):
        assert Client().get(re.sub("http://testserver", "", said[name])).status_code == 200


@pytest.mark.parametrize("name", resources())
def test_each_of_them_is_a_list(api, name):
    answer = api().get(f"/api/v1/{name}/")
    assert (answer.status_code, set(answer.json())) == (200, {"next", "previous", "results"})


@pytest.mark.parametrize("name", resources())
def test_a_parameter_that_a_list_has_not_is_refused_and_those_that_it_has_are_named(api, name):
    answer = api().get(f"/api/v1/{name}/?limit=2&page=2&page_size=1")
    assert answer.status_code == 400
    errors = {error["attr"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"limit", "page"}
    known = errors["limit"]["detail"].partition("Use one of: ")[2].rstrip(".").split(", ")
    assert {"cursor", "ordering", "page_size"} <= set(known)
    assert errors["limit"]["code"] == "unknown_parameter"


def test_those_that_are_named_are_taken(api):
    detail = api().get("/api/v1/orders/?x=1").json()["errors"][0]["detail"]
    known = detail.partition("Use one of: ")[2].rstrip(".").split(", ")
    assert {"status", "time_after", "search"} <= set(known)
    for name in known:
        errors = api().get(f"/api/v1/orders/?{name}=").json().get("errors", [])
        assert "unknown_parameter" not in {error["code"] for error in errors}, name


def test_it_takes_no_writes():
    assert Client().post("/api/v1/").status_code == 405


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("orders/?status=open", "“open” is not a valid choice. Use one of: placed, "),
        ("schedules/?interval=daily", "“daily” is not a valid choice. Use one of: weekly, monthly"),
    ],
)
def test_a_wrong_choice_of_a_filter_is_told_the_choices(api, address, named):
    answer = api().get(f"/api/v1/{address}")
    assert answer.status_code == 400
    assert named in answer.json()["errors"][0]["detail"]


def test_a_wrong_choice_of_a_field_is_told_the_choices(api):
    body = {"customer": 1, "items": [], "shipping_interval": "daily"}
    errors = api().post("/api/v1/orders/", body, format="json").json()["errors"]
    said = {error["attr"]: error["detail"] for error in errors}
    assert said["shipping_interval"] == (
        '"daily" is not a valid choice. Use one of: none, weekly, monthly.'
    )


def test_hundreds_of_choices_are_not_told(api):
    body = {"interval": "daily", "time_zone": "Mars/Olympus"}
    errors = api().post("/api/v1/schedules/1/preview/", body, format="json")
    assert len(errors.content) < 2000
