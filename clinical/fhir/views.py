"""Reads and searches over HTTP (https://hl7.org/fhir/R4/http.html): health data."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.utils.http import http_date, parse_etags
from rest_framework.exceptions import NotFound
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinical.fhir import bundles, permissions
from clinical.fhir.errors import handle
from clinical.fhir.negotiation import FhirNegotiation, FhirRenderer
from clinical.fhir.search.catalogue import BY_NAME, ResourceType
from clinical.fhir.search.pages import Pairs, link_token
from clinical.fhir.search.query import FORMS, SHAPES, Query, read_query, read_shape, refused
from core.api.filters import LARGEST_ID
from core.api.rows import Json
from core.values.keys import is_key
from identity.access_log.records import RecordedReads
from identity.models import How
from identity.rights.smart import READ, SEARCH


class FhirView(RecordedReads, APIView):
    """What all views of /fhir/ share: nobody writes, and each 2xx shows what was recorded."""

    schema = None  # the CapabilityStatement describes them
    metadata_class = None
    renderer_classes = [FhirRenderer]
    parser_classes = [FormParser]
    content_negotiation_class = FhirNegotiation
    permission_classes = [permissions.HasFhirScope]
    read_scopes = write_scopes = (permissions.SCOPE,)  # the only POST is a search
    kind_name = ""
    letter = READ
    recorded_as: str = How.DETAIL

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Begin to note whose data is shown."""
        self.shown: set[int] = set()
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Any:
        """Errors are OperationOutcomes."""
        return handle

    def patients_in(self, body: Any) -> Iterable[int]:
        """The patients whose data was put into the answer."""
        return self.shown

    def is_shown(self, request: Request) -> bool:
        """Always: SMART's scopes let in, too."""
        return True

    def how(self, request: Request) -> str:
        """As the view says."""
        return self.recorded_as


class ResourceView(FhirView):
    """A view of one type of resource."""

    kind: ResourceType = BY_NAME["Patient"]

    @property
    def kind_name(self) -> str:  # type: ignore[override]  # of the type that the address names
        """Whose scope is needed."""
        return self.kind.name


class ReadView(ResourceView):
    """One resource by its id, unless the caller has this version of it (`If-None-Match`)."""

    def get(self, request: Request, id: str) -> Response:
        """The resource."""
        pairs = _pairs(request.query_params)
        unknown = {name for name, _ in pairs} - {*FORMS, *SHAPES}
        if unknown:
            known = ", ".join((*FORMS, *SHAPES))
            raise refused(min(unknown), f"A read has no such parameter. There is: {known}.")
        shape = read_shape(pairs)
        row = self.kind.rows().filter(pk=id).first() if is_key(id) else None
        if row is None:
            raise NotFound(f"There is no {self.kind.name} with this id.")
        tag = f'W/"{row.version}"'
        headers = {"ETag": tag, "Last-Modified": http_date(row.changed_at.timestamp())}
        if _has(request, tag):
            return Response(status=304, headers=headers)
        self.shown = self.kind.patients_of(row)
        body = bundles.shaped(self.kind, bundles.whole(self.kind, row), shape)
        return Response(body, headers=headers)


class PageView(ResourceView):
    """A page of those that match."""

    letter = SEARCH

    def search(self, request: Request, pairs: Pairs) -> Response:
        """The page of this search."""
        query = read_query(self.kind, pairs, is_lenient=_is_lenient(request))
        if query.includes_patients:
            permissions.check_included(request)
        self.recorded_as = How.SEARCH if query.is_narrow else How.LIST
        rows, after = bundles.page_of(self.kind, query)
        self.shown = set().union(*(self.kind.patients_of(row) for row in rows))
        entries = [bundles.entry(self.kind, row, query, base(request)) for row in rows]
        if query.includes_patients:
            entries += self._included(rows, query, base(request))
        return Response(bundles.bundle(entries, self._links(request, query, after)))

    def _included(self, rows: list[Any], query: Query, base: str) -> list[Json]:
        patients, kind = bundles.included_patients(rows), BY_NAME["Patient"]
        return [bundles.entry(kind, row, query, base, mode="include") for row in patients]

    def _links(self, request: Request, query: Query, after: int | None) -> dict[str, str]:
        """To this page, as it was understood, and to the next one."""
        here = f"{base(request)}{self.kind.name}"
        links = {"self": f"{here}?{urlencode(self.self_pairs(request, query))}".rstrip("?")}
        if after is not None:
            token = link_token(self.kind.name, query.pairs, after)
            links["next"] = f"{here}?{urlencode({'_page': token})}"
        return links

    def self_pairs(self, request: Request, query: Query) -> Pairs:
        """What the link to this page says."""
        raise NotImplementedError


class SearchView(PageView):
    """The search is in the address."""

    def get(self, request: Request) -> Response:
        """The page."""
        return self.search(request, _pairs(request.query_params))

    def self_pairs(self, request: Request, query: Query) -> Pairs:
        """What was asked, as it was understood."""
        return _pairs(request.query_params) if "_page" in request.query_params else query.pairs


class SearchByFormView(PageView):
    """The search is in the body, and so in no address."""

    def post(self, request: Request) -> Response:
        """The page."""
        return self.search(request, _pairs(request.query_params) + _pairs(request.data))

    def self_pairs(self, request: Request, query: Query) -> Pairs:
        """The first page, without showing what was searched for."""
        return [("_page", link_token(self.kind.name, query.pairs, LARGEST_ID))]


class NothingHereView(FhirView):
    """All other addresses below /fhir/."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        """Raise NotFound, which says what there is."""
        raise NotFound(f"There is nothing at this address. There is: {', '.join(BY_NAME)}.")

    post = put = patch = delete = get


def base(request: Request) -> str:
    """The address of /fhir/ as the caller wrote it."""
    return request.build_absolute_uri("/fhir/")


def _pairs(data: Any) -> Pairs:
    """Name and value of each parameter, in their order, repetitions too."""
    lists = data.lists() if hasattr(data, "lists") else ()  # a body without a type is none
    return [(name, value) for name, values in lists for value in values]


def _has(request: Request, tag: str) -> bool:
    """Whether the caller has what bears this tag, as `If-None-Match` says (RFC 9110, 13.1.2)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return bool({each.removeprefix("W/") for each in known} & {"*", tag.removeprefix("W/")})


def _is_lenient(request: Request) -> bool:
    """RFC 7240; what is not said is strict."""
    preferences = request.headers.get("Prefer", "").replace(" ", "").lower()
    return "handling=lenient" in preferences.replace(";", ",").split(",")
