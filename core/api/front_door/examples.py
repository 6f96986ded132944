"""True examples for the OpenAPI document: requests that the suite has sent, and their answers.

They are those of docs/api.md; `python -m tests.docs.examples` writes them here anew.
"""

import json
import re
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("examples.json")
_PARAMETER = re.compile(r"\\{\w+\\}")


def add(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """A hook of drf-spectacular: each example at the operation that it is of."""
    for example in json.loads(PATH.read_text()):
        operation = _operation(result["paths"], example["method"].lower(), example["path"])
        if operation is not None:
            _put(operation.get("requestBody"), example, "request")
            _put(operation["responses"].get(example["status"]), example, "response")
    return result


def _operation(paths: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """The operation at an address; one whose address has no parameter there comes first."""
    for template in sorted(paths, key=lambda each: each.count("{")):
        form = _PARAMETER.sub("[^/]+", re.escape(template))
        if re.fullmatch(form, path) and method in paths[template]:
            operation: dict[str, Any] = paths[template][method]
            return operation
    return None


def _put(place: dict[str, Any] | None, example: dict[str, Any], part: str) -> None:
    content = (place or {}).get("content", {}).get("application/json")
    if content is not None and example[part] is not None:
        examples = content.setdefault("examples", {})
        examples[f"Example {len(examples) + 1}"] = {"value": example[part]}
