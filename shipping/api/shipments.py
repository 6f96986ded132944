"""Shipments over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.api.idempotency import idempotent
from core.api.openapi import ErrorAnswer
from core.api.pagination import OrderingFilter
from core.api.rows import Json, ListRowsMixin, ReadRowsMixin
from customers.search.customers import SearchBackend
from identity.actors import actor_of
from orders.models import Order
from shipping import services
from shipping.api.filters import ShipmentFilter, search
from shipping.api.representations import shipment_json, shipment_rows
from shipping.api.requests import validated
from shipping.api.serializers.returns import AskForReturnSerializer, ReturnSerializer
from shipping.api.serializers.shipments import (
    DecisionSerializer,
    ResendSerializer,
    ShipmentSerializer,
)
from shipping.api.serializers.tracking import sees_addresses
from shipping.models import Shipment
from shipping.staff_actions import resending
from shipping.tracking import returns

ORDER_KEY = OpenApiParameter("order_pk", int, OpenApiParameter.PATH, description="Its id.")


class ShipmentsViewSet(ListRowsMixin, viewsets.GenericViewSet[Shipment]):
    """How shipments are listed."""

    rows = shipment_rows(Shipment.objects.all())
    queryset = Shipment.objects.select_related("cancellation", "order", "revision")
    serializer_class: type[BaseSerializer[Any]] = ShipmentSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    filterset_class = ShipmentFilter
    ordering_fields = ["id", "ship_on"]
    lookup_value_converter = "int"
    read_scopes = ("shipping:read",)
    write_scopes = ("shipping:write",)
    search = staticmethod(search)

    @extend_schema(summary="List shipments")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Shipments, the newest first."""
        return super().list(request, *args, **kwargs)

    def row_json(self, row: Json) -> Json:
        """A shipment as this caller may see it."""
        return shipment_json(row, sees_addresses=sees_addresses(self.request))


@extend_schema_view(retrieve=extend_schema(summary="Show a shipment"))
class ShipmentViewSet(ReadRowsMixin, ShipmentsViewSet):
    """Parcels, from the moment they are to be sent until they are delivered."""

    @extend_schema(
        summary="Send a shipment again",
        description="One that is unknown, rejected or missed, under the same key. 409 "
        "(`illegal_move`) in any other state, and when it changed meanwhile; 409 (`unsafe`) where "
        "it could make a second parcel: a provider that may have it, cannot be asked and does not "
        "know keys again. To do it all the same send `despite_risk`: true with a `reason`.",
        request=DecisionSerializer,
        responses={200: ShipmentSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Queue it again."""
        decision = validated(DecisionSerializer, request)
        shipment = services.retry(self.get_object(), by=actor_of(request), **decision)
        return self._shown(shipment)

    @extend_schema(
        summary="Send a second parcel",
        description="In place of one that failed to deliver, linked to it: `resend_of` and "
        "`resent_as`. 409 (`illegal_move`) in any other state, and when it was sent again already; "
        "409 (`unsafe`) when a provider may have yet another parcel of it: send `despite_risk`: "
        "true with a `reason`.",
        request=ResendSerializer,
        responses={201: ShipmentSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resend(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send a new parcel; it is the answer."""
        given = validated(ResendSerializer, request)
        address = given.pop("delivery_address", {})
        second = resending.resend(self.get_object(), by=actor_of(request), **given, **address)
        shown = self._shown(second)
        shown.status_code = 201
        shown["Location"] = f"/api/v1/shipments/{second.pk}/"
        return shown

    @extend_schema(
        summary="Cancel a shipment",
        description="One that no provider has is cancelled at once: 200. One that is with a "
        "provider is cancelled there: 202, and `cancellation` says what came of it. 409 when the "
        "provider cannot cancel, when the carrier has it, or while a try is under way or in doubt; "
        "409 (`unsafe`) when it may be with a provider and be delivered all the same: send "
        "`despite_risk`: true with a `reason`. One that went wrong needs a `reason` too.",
        request=DecisionSerializer,
        responses={200: ShipmentSerializer, 202: ShipmentSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cancel it, here or at its provider."""
        options = validated(DecisionSerializer, request)
        shipment = services.cancel(self.get_object(), by=actor_of(request), **options)
        shown = self._shown(shipment)
        shown.status_code = 200 if shipment.state == "cancelled" else 202
        return shown

    @extend_schema(
        summary="Take a shipment back",
        description="One that has left us. 409 when it has not, or while a return of it is open.",
        request=AskForReturnSerializer,
        responses={201: ReturnSerializer},
    )
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    @idempotent
    def take_back(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write down that it comes back."""
        shipment = self.get_object()
        wanted = validated(AskForReturnSerializer, request)
        parcel = returns.request(shipment, by=actor_of(request), **wanted)
        return Response(ReturnSerializer(parcel).data, status=201)

    def _shown(self, shipment: Shipment) -> Response:
        return Response(self.row_json(self.rows.get(pk=shipment.pk)))


@extend_schema(parameters=[ORDER_KEY])
class OrderShipmentViewSet(ShipmentsViewSet):
    """The shipments of one order."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse an order that does not exist, once the caller may ask."""
        super().initial(request, *args, **kwargs)
        get_object_or_404(Order.objects.only("pk"), pk=kwargs["order_pk"])

    def get_queryset(self) -> QuerySet[Shipment]:
        """The shipments of the order in the address."""
        shipments: QuerySet[Shipment] = super().get_queryset()
        return shipments.filter(order=self.kwargs.get("order_pk", 0))
