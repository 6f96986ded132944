"""Pages of matches as Bundles (https://hl7.org/fhir/R4/bundle.html); resources cut to a shape."""

from collections.abc import Iterable
from typing import Any

from clinical.fhir.resources.patients import patient_rows
from clinical.fhir.search.catalogue import ResourceType
from clinical.fhir.search.query import Query, Shape
from clinical.models import Patient, Study
from core.api.rows import Json, time_json

SUBSETTED = {
    "tag": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
            "code": "SUBSETTED",
        }
    ]
}
ALWAYS = frozenset({"resourceType", "id", "meta"})


def page_of(kind: ResourceType, query: Query) -> tuple[list[Any], int | None]:
    """The rows of a page, the newest first, and the key that the next page begins behind."""
    rows: Any = kind.rows().filter(query.condition).order_by("-pk")
    if not kind.names_archived & query.names:
        rows = rows.filter(kind.usual)
    if query.after is not None:
        rows = rows.filter(pk__lt=query.after)
    page = list(rows[: query.count + 1])
    return page[: query.count], page[query.count - 1].pk if len(page) > query.count else None


def included_patients(rows: Iterable[Study]) -> list[Patient]:
    """The patients of these studies, each once."""
    keys = {study.patient_id for study in rows}
    return list(patient_rows().filter(pk__in=keys).order_by("-pk"))


def entry(kind: ResourceType, row: Any, query: Query, base: str, mode: str = "match") -> Json:
    """An entry of a bundle; `base` is the address of /fhir/."""
    resource = shaped(kind, whole(kind, row), query.shape)
    address = f"{base}{kind.name}/{resource['id']}"
    return {"fullUrl": address, "resource": resource, "search": {"mode": mode}}


def whole(kind: ResourceType, row: Any) -> Json:
    """All of a resource, with which version it is and since when."""
    meta = {"versionId": str(row.version), "lastUpdated": time_json(row.changed_at)}
    return kind.json(row) | {"meta": meta}


def bundle(entries: list[Json], links: dict[str, str]) -> Json:
    """The page. FHIR has no empty lists: without matches there is no `entry`."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": relation, "url": url} for relation, url in links.items()],
        **({"entry": entries} if entries else {}),
    }


def shaped(kind: ResourceType, resource: Json, shape: Shape) -> Json:
    """The resource, or the part of it that was asked for, marked as a part."""
    if shape.elements:
        kept = kind.mandatory | shape.elements
    elif shape.summary == "text":  # our resources have no narrative
        kept = kind.mandatory
    elif shape.summary == "true":
        kept = frozenset(resource) - kind.beyond_summary
    else:
        return resource
    marked = resource | {"meta": resource.get("meta", {}) | SUBSETTED}
    return {name: value for name, value in marked.items() if name in kept | ALWAYS}
