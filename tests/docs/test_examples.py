"""The examples of docs/api.md in the OpenAPI document and for Postman, and a client in Python."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import requests

from tests.conftest import House
from tests.docs import examples, pages
from tests.docs.test_pages import shop  # noqa: F401 - a fixture


@pytest.mark.parametrize("path", examples.files(), ids=lambda path: path.name)
def test_the_files_hold_the_examples_of_the_page(path):
    told = "run: python -m tests.docs.examples"
    assert path.read_text() == examples.files()[path], told


def test_the_postman_collection_is_answered_as_it_says(shop: House):  # noqa: F811 - the fixture
    collection = json.loads(examples.COLLECTION.read_text())
    values = {"{{base}}": shop.url, "{{token}}": shop.sandbox.token()}

    def filled(text: str) -> str:
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    [bearer] = collection["auth"]["bearer"]
    answers: dict[str, tuple[int, Any]] = {}
    for item in collection["item"]:
        request = item["request"]
        headers = {each["key"]: filled(each["value"]) for each in request["header"]}
        headers["Authorization"] = f"Bearer {filled(bearer['value'])}"
        body = request.get("body", {}).get("raw")
        answer = requests.request(
            request["method"], filled(request["url"]), headers=headers, data=body, timeout=20
        )
        answers[item["name"]] = (answer.status_code, answer.text)
        [expected] = item["response"]
        assert answer.status_code == expected["code"], (item["name"], answer.text)
        shop.work()
    assert len(answers) > 20


def test_the_client_in_python_places_an_order(shop: House):  # noqa: F811 - the fixture
    known = os.environ | {"API": f"{shop.url}/api/v1", "TOKEN": shop.sandbox.token()}
    script = pages.DOCS / "client.py"
    done = subprocess.run(
        [sys.executable, script], env=known, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "Placed co-" in done.stdout
    assert "Parcel co-" in done.stdout


def test_the_client_says_what_was_refused(shop: House):  # noqa: F811 - the fixture
    known = os.environ | {"API": f"{shop.url}/api/v1", "TOKEN": "none"}
    done = subprocess.run(
        [sys.executable, pages.DOCS / "client.py"],
        env=known,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "401" in done.stderr
