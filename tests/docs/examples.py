"""The examples of docs/api.md for other readers: the OpenAPI document, and Postman.

`python -m tests.docs.examples` writes both files; test_examples.py holds them to the page.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.api.front_door.examples import PATH
from tests.docs import pages

COLLECTION = pages.DOCS / "dosette.postman_collection.json"
BASE = "http://127.0.0.1:8000"
VALUES = {
    "API": f"{BASE}/api/v1",
    "TOKEN": "{{token}}",
    "ISSUER": "http://127.0.0.1:8001",
    "CLIENT_SECRET": "secret",
    "REFERENCE_PROVIDER_SECRET": "secret",
    "AFRICAS_TALKING_CALLBACK_TOKEN": "token",
}


def recorded() -> list[dict[str, Any]]:
    """Each example with a token of a client's: what is sent, and what is answered."""
    blocks = [
        pair for pair in pairwise(pages.fences(pages.DOCS / "api.md")) if pair[1].info == "http"
    ]
    calls = [(pages.curl(before.text, **VALUES), after.text) for before, after in blocks]
    return [
        _example(call, shown)
        for call, shown in calls
        if call.headers.get("Authorization") == "Bearer {{token}}"
    ]


def _example(call: pages.Call, shown: str) -> dict[str, Any]:
    head, _, body = shown.partition("\n\n")
    parts = urlsplit(call.url)
    return {
        "method": call.method,
        "path": parts.path,
        "query": parts.query,
        "headers": {name: text for name, text in call.headers.items() if name != "Authorization"},
        "request": json.loads(call.body) if call.body else None,
        "status": head.split()[1],
        "response": json.loads(body) if body.strip() else None,
    }


def collection(examples: list[dict[str, Any]]) -> dict[str, Any]:
    """The examples as a Postman collection: set `base` and `token`, and send them in order."""
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    return {
        "info": {"name": "Dosette", "schema": schema},
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
        },
        "variable": [{"key": "base", "value": BASE}, {"key": "token", "value": ""}],
        "item": [_item(each) for each in examples],
    }


def _item(example: dict[str, Any]) -> dict[str, Any]:
    query = f"?{example['query']}" if example["query"] else ""
    request: dict[str, Any] = {
        "method": example["method"],
        "header": [{"key": name, "value": text} for name, text in example["headers"].items()],
        "url": f"{{{{base}}}}{example['path']}{query}",
    }
    if example["request"] is not None:
        body = json.dumps(example["request"], indent=2, ensure_ascii=False)
        request["body"] = {"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}}
    answer = {
        "name": example["status"],
        "code": int(example["status"]),
        "body": json.dumps(example["response"], indent=2, ensure_ascii=False),
    }
    name = f"{example['method']} {example['path'].removeprefix('/api/v1/')}{query}"
    return {"name": name, "request": request, "response": [answer]}


def files() -> dict[Path, str]:
    """What the two files should hold."""
    examples = recorded()
    holds = {PATH: examples, COLLECTION: collection(examples)}
    return {
        path: json.dumps(what, indent=1, ensure_ascii=False) + "\n" for path, what in holds.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
