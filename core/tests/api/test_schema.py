"""The OpenAPI document costs a stranger's request next to nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from core.api import schema

ADDRESS = "/api/schema/"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How often it was made."""
    times: list[int] = []
    make = SchemaGenerator.get_schema

    def count(*args: Any, **kwargs: Any) -> Any:
        times.append(1)
        return make(*args, **kwargs)

    monkeypatch.setattr(SchemaGenerator, "get_schema", count)
    schema._make.cache_clear()
    yield times
    schema._make.cache_clear()


def test_it_is_made_once_however_many_ask_at_once(made: list[int]) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: Client().get(ADDRESS), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(made) == 1


def test_who_has_it_is_told_so() -> None:
    first = Client().get(ADDRESS)
    again = Client().get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "public" in first["Cache-Control"]


def test_it_comes_as_yaml_or_as_json() -> None:
    as_yaml, as_json = Client().get(ADDRESS), Client().get(ADDRESS, {"format": "json"})
    by_header = Client().get(ADDRESS, headers={"Accept": "application/json"})
    assert yaml.safe_load(as_yaml.content)["openapi"] == as_json.json()["openapi"]
    assert by_header.content == as_json.content


def test_it_takes_no_writes() -> None:
    assert Client().post(ADDRESS).status_code == 405
