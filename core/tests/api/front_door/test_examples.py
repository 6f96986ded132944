"""True examples in the OpenAPI document."""

from typing import Any

import pytest
from django.test import Client


@pytest.fixture(scope="module")
def document() -> Any:
    return Client().get("/api/schema/", {"format": "json"}).json()


def shown(operation: Any) -> list[Any]:
    content = operation["requestBody"]["content"]["application/json"]
    return [each["value"] for each in content["examples"].values()]


def test_an_order_of_products_is_shown_and_a_sale_in_words(document):
    examples = shown(document["paths"]["/api/v1/orders/"]["post"])
    assert any("items" in each for each in examples)


def test_answers_are_shown_with_their_status(document):
    answers = document["paths"]["/api/v1/customers/"]["post"]["responses"]
    (first, *_) = answers["201"]["content"]["application/json"]["examples"].values()
    assert first["value"]["name"] == "Jane Doe"


def test_it_says_where_a_token_comes_from(document):
    assert "token_endpoint" in document["info"]["description"]
    assert "make -s token" in document["info"]["description"]
