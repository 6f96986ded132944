"""Kits, what happened to them, and lots."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
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
from identity.actors import actor_of
from kits import services
from kits.api.filters import KitFilter, LotFilter, of_serial
from kits.api.serializers import (
    GiveUpSerializer,
    KitEventSerializer,
    KitSerializer,
    LotSerializer,
    PackSerializer,
    ReceiveSerializer,
    RegisterSerializer,
    ReplacementSerializer,
    ResumeSerializer,
    UnpackSerializer,
)
from kits.laboratory import receipt, replacing
from kits.models import Kit, KitEvent, Lot
from kits.registration import services as registration
from shipping.api.requests import validated

SERIAL = OpenApiParameter(
    "serial",
    str,
    OpenApiParameter.PATH,
    description="In capitals or not, with or without blanks and hyphens.",
)


@extend_schema_view(
    list=extend_schema(summary="List lots"), retrieve=extend_schema(summary="Show a lot")
)
class LotViewSet(viewsets.ReadOnlyModelViewSet[Lot]):
    """What was made together. Lots come in with their kits, by import."""

    queryset = Lot.objects.select_related("product")
    serializer_class = LotSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = LotFilter
    ordering_fields = ["id", "expires_on"]
    lookup_value_converter = "int"
    read_scopes = ("kits:read",)


@extend_schema_view(
    list=extend_schema(summary="List kits"),
    retrieve=extend_schema(summary="Show a kit", parameters=[SERIAL]),
)
class KitViewSet(viewsets.ReadOnlyModelViewSet[Kit]):
    """Kits, from the shelf to their result."""

    queryset = Kit.objects.select_related("lot__product", "shipment", "replaces")
    serializer_class = KitSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = KitFilter
    ordering_fields = ["id"]
    lookup_field = "serial"
    lookup_value_converter = "str"
    read_scopes = ("kits:read",)
    write_scopes = ("kits:write",)

    def get_object(self) -> Kit:
        """The kit of the serial in the address. Raises Http404 when there is none."""
        kit: Kit | None = of_serial(self.get_queryset(), self.kwargs["serial"]).first()
        if kit is None:
            raise Http404
        self.check_object_permissions(self.request, kit)
        return kit

    @extend_schema(
        summary="Pack a kit",
        description="Into the next parcel of an order that lacks one, with the label that brings "
        "it back. 409 (`illegal_move`) for a kit that is used, expired or of another type, for an "
        "order that lacks none, for a return label in use, and where `outbound_tracking` is "
        "another parcel's; nothing has changed then.",
        parameters=[SERIAL],
        request=PackSerializer,
        responses={200: KitSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def pack(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Pack it."""
        return self._do(services.pack, PackSerializer)

    @extend_schema(
        summary="Put a kit back on the shelf",
        description="One that has not left us, or came back unopened: its place and its return "
        "label are free again. 409 in any other state.",
        parameters=[SERIAL],
        request=UnpackSerializer,
        responses={200: KitSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def unpack(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Unpack it."""
        return self._do(services.unpack, UnpackSerializer)

    @extend_schema(
        summary="Give a kit up as lost",
        description="Another one may then be packed in its place. 409 for one that cannot be lost.",
        parameters=[SERIAL],
        request=GiveUpSerializer,
        responses={200: KitSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def lost(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give it up."""
        return self._do(services.report_lost, GiveUpSerializer)

    @extend_schema(
        summary="Record that a kit was destroyed",
        description="It never comes back. 409 for one that is destroyed already.",
        parameters=[SERIAL],
        request=GiveUpSerializer,
        responses={200: KitSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def destroyed(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record it."""
        return self._do(services.destroy, GiveUpSerializer)

    @extend_schema(
        summary="Send another kit",
        description="In place of one that was rejected for good or is lost: an order for nothing, "
        "to where the first one went. Made once: asked again, it is the same order. 409 for any "
        "other kit, and beyond the number that staff set for its type.",
        parameters=[SERIAL],
        request=UnpackSerializer,
        responses={200: ReplacementSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def replace(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send another one; the answer is its order."""
        given = validated(UnpackSerializer, request)
        order = replacing.replace(self.get_object(), by=actor_of(request), **given)
        return Response(ReplacementSerializer(order).data)

    @extend_schema(
        summary="Register a kit",
        description="Whose sample is in it, for partners: `kits/{serial}/` shows nothing of it. "
        "409 (`illegal_move`) for one that is registered already, or has not left us. A test taker "
        "under 18 is a 400 (`under_age`).",
        parameters=[SERIAL],
        request=RegisterSerializer,
        responses={200: KitSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def register(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register it."""
        return self._do(registration.register, RegisterSerializer)

    def _do(self, verb: Callable[..., Any], form: type[BaseSerializer[Any]]) -> Response:
        kit = self.get_object()
        given = validated(form, self.request)
        verb(kit, by=actor_of(self.request), **given)
        return Response(KitSerializer(self.get_queryset().get(pk=kit.pk)).data)


class ReceivedKitViewSet(KitViewSet):
    """What a laboratory says of kits."""

    write_scopes = ("lab:write",)
    http_method_names = ["post", "options"]

    @extend_schema(
        summary="Receive a kit",
        description="It is accepted, or rejected for a reason. 409 (`illegal_move`) for one that "
        "was never sent, was received before, or was destroyed.",
        parameters=[SERIAL],
        request=ReceiveSerializer,
        responses={200: KitSerializer, 409: ErrorAnswer},
    )
    @idempotent
    def receive(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Receive it."""
        return self._do(receipt.receive, ReceiveSerializer)

    @extend_schema(
        summary="Resume a kit",
        description="One that waits for what its person says is accepted. 409 for any other.",
        parameters=[SERIAL],
        request=ResumeSerializer,
        responses={200: KitSerializer, 409: ErrorAnswer},
    )
    @idempotent
    def resume(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Accept it after all."""
        return self._do(receipt.resume, ResumeSerializer)


@extend_schema(parameters=[SERIAL], summary="List what happened to a kit")
class KitEventViewSet(viewsets.GenericViewSet[KitEvent]):
    """What happened to one kit."""

    queryset = KitEvent.objects.all()
    serializer_class = KitEventSerializer
    filter_backends = [OrderingFilter]
    ordering_fields = ["id"]
    read_scopes = ("kits:read",)

    def get_queryset(self) -> QuerySet[KitEvent]:
        """The events of the kit in the address. Raises Http404 when there is none."""
        events: QuerySet[KitEvent] = super().get_queryset()
        serial = self.kwargs.get("kit_serial", "")
        kit = of_serial(Kit.objects.only("pk"), serial).first()
        if kit is None:
            raise Http404
        return events.filter(kit=kit)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Its events, the newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
