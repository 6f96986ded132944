"""In which form answers are given: JSON, by FHIR's names for it."""

from typing import Any

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer

from clinical.fhir.outcomes import MEDIA_TYPE

FHIR_VERSION = "4.0"
WITH_VERSION = f"{MEDIA_TYPE}; fhirVersion={FHIR_VERSION}"
SHORT_NAMES = {"json", "text/json", "application/json+fhir"}
WHAT_THERE_IS = "Only JSON is spoken here: application/fhir+json, FHIR version 4.0."


class FhirRenderer(JSONRenderer):
    """JSON, as FHIR calls it; `_pretty=true` for people."""

    media_type = WITH_VERSION

    def get_indent(self, accepted_media_type: Any, renderer_context: Any) -> int | None:
        """How far lines are indented; None for all on one line."""
        asked = renderer_context["request"].query_params.get("_pretty")
        return 2 if asked == "true" else None


class FhirNegotiation(DefaultContentNegotiation):
    """`_format` in the address, else the header `Accept` (https://hl7.org/fhir/R4/http.html#mime-type)."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """The one that there is. Raises NotAcceptable for any other form or version."""
        asked = request.query_params.get("_format") or request.META.get("HTTP_ACCEPT") or "*/*"
        if not any(_is_ours(each) for each in asked.split(",")):
            raise NotAcceptable(WHAT_THERE_IS)
        return renderers[0], WITH_VERSION


def _is_ours(text: str) -> bool:
    # In a query an unescaped `+` is a blank.
    name, _, parameters = text.strip().lower().partition(";")
    name = name.strip().replace(" ", "+")
    if name in SHORT_NAMES:
        return True
    wanted: Any = MediaType(f"{name};{parameters}").params
    is_version = wanted.get("fhirversion", FHIR_VERSION).strip('"') == FHIR_VERSION
    names = (MEDIA_TYPE, "application/json", "application/*", "*/*")
    return is_version and name in names
