"""Returns over HTTP."""

from collections.abc import Callable
from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.api.idempotency import idempotent
from core.api.pagination import OrderingFilter
from identity.actors import actor_of
from shipping.api.filters import ReturnFilter
from shipping.api.requests import validated
from shipping.api.serializers.returns import LabelSerializer, ReturnSerializer, ReturnStepSerializer
from shipping.models import Return
from shipping.tracking import returns

Verb = Callable[..., Return]


@extend_schema_view(
    list=extend_schema(summary="List returns"),
    retrieve=extend_schema(summary="Show a return"),
)
class ReturnViewSet(viewsets.ReadOnlyModelViewSet[Return]):
    """Parcels that come back. `shipments/{id}/return/` begins one."""

    queryset = Return.objects.prefetch_related("events")
    serializer_class = ReturnSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = ReturnFilter
    ordering_fields = ["id"]
    lookup_value_converter = "int"
    read_scopes = ("shipping:read",)
    write_scopes = ("shipping:write",)

    @extend_schema(
        summary="The customer has the label",
        request=LabelSerializer,
        responses={200: ReturnSerializer},
    )
    @action(detail=True, methods=["post"], url_path="label-sent")
    @idempotent
    def label_sent(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record it."""
        return self._do(returns.send_label, LabelSerializer)

    @extend_schema(
        summary="It is here again",
        request=ReturnStepSerializer,
        responses={200: ReturnSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def receive(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record it."""
        return self._do(returns.receive, ReturnStepSerializer)

    @extend_schema(
        summary="Refuse a return",
        description="One that is on its way: we do not take it.",
        request=ReturnStepSerializer,
        responses={200: ReturnSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def refuse(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record it."""
        return self._do(returns.refuse, ReturnStepSerializer)

    @extend_schema(
        summary="Close a return",
        description="One that does not happen.",
        request=ReturnStepSerializer,
        responses={200: ReturnSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End it."""
        return self._do(returns.close, ReturnStepSerializer)

    def _do(self, verb: Verb, form: type[BaseSerializer[Any]]) -> Response:
        given = validated(form, self.request)
        parcel = verb(self.get_object(), by=actor_of(self.request), **given)
        return Response(ReturnSerializer(self.get_queryset().get(pk=parcel.pk)).data)
