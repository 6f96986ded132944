"""The exceptions queue over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from core import cases
from core.api.idempotency import idempotent
from core.api.pagination import OrderingFilter
from core.cases.models import Case
from desk.api.filters import CaseFilter
from desk.api.handling import CaseHandling
from desk.api.serializers import ActSerializer, CaseDetailSerializer, CaseSerializer
from desk.exceptions.due_times import with_due_times
from identity.actors import actor_of

NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="One of its `actions`.")


class ExceptionViewSet(CaseHandling, viewsets.ReadOnlyModelViewSet[Case]):
    """What somebody must look at. A token sees the kinds whose app it may read."""

    queryset = Case.objects.all()
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = CaseFilter
    ordering_fields = ["id"]
    ordering = ["id"]
    lookup_value_converter = "int"
    read_scopes = ("exceptions:read",)
    write_scopes = ("exceptions:write",)

    def get_queryset(self) -> QuerySet[Case]:
        """The cases of those kinds; with their steps, where one is shown."""
        scopes: frozenset[str] = getattr(self.request.auth, "scopes", frozenset())
        names = [kind.name for kind in cases.kinds() if kind.read_scope in scopes]
        rows = with_due_times(super().get_queryset().filter(kind__in=names))
        return rows if self.action == "list" else rows.prefetch_related("events")

    def get_serializer_class(self) -> type[CaseSerializer]:
        """With history and actions, but in the list."""
        return CaseSerializer if self.action == "list" else CaseDetailSerializer

    @extend_schema(
        summary="List exceptions",
        description="The oldest first. A token sees the kinds that it may read where they belong: "
        "with `shipping:read` those of parcels, with `notifications:read` those of messages.",
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cases, the oldest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        summary="Show an exception",
        description="With its history, and what can be done about it now.",
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One case."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="Act on an exception",
        description="Needs the write scope of the app that the exception belongs to, too. 409 "
        "(`unsafe`) when something speaks against it: say `despite_risk` and why.",
        parameters=[NAME],
        request=ActSerializer,
        responses={200: CaseDetailSerializer},
    )
    @action(
        detail=True,
        methods=["post"],
        url_path="actions/<slug:name>",
        filter_backends=[],
        pagination_class=None,
    )
    @idempotent
    def act(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Do it; the case as it is then."""
        case = self.get_object()
        chosen = self._chosen(case, kwargs["name"])
        form = ActSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        fields = cases.fields_of(chosen, cases.subject_of(case), given.pop("fields", {}))
        cases.act(case, chosen, by=actor_of(request), fields=fields, **given)
        return self.shown()

    def _chosen(self, case: Case, name: str) -> cases.Action:
        """The action named. Raises InsufficientScopeError when the token may only read its app."""
        self.check_may_write(case)
        action = cases.kind(case.kind).action(name)
        if action is None:
            raise NotFound("This exception has no such action.")
        return action
