"""Shipments and schedules over HTTP."""

from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.api.idempotency import idempotent
from core.api.openapi import ErrorAnswer
from core.api.pagination import OrderingFilter
from customers.search.customers import SearchBackend
from orders.api.serializers import CancelSerializer
from orders.models import Order
from shipping import services
from shipping.api.filters import ScheduleFilter, ShipmentFilter, search
from shipping.api.serializers.changes import (
    PictureSerializer,
    RehearsedSerializer,
    ScheduleChangeSerializer,
    SkipSerializer,
    UnskipSerializer,
)
from shipping.api.serializers.shipments import (
    AskForReturnSerializer,
    DatesSerializer,
    DecisionSerializer,
    ForecastQuerySerializer,
    ForecastSerializer,
    NothingSerializer,
    PauseSerializer,
    PreviewedSerializer,
    PreviewSerializer,
    ResendSerializer,
    ReturnSerializer,
    ScheduleSerializer,
    ShipmentSerializer,
)
from shipping.api.serializers.tracking import tracking_prefetches
from shipping.models import Schedule, Shipment
from shipping.schedules import services as schedules
from shipping.schedules.forecast import forecast
from shipping.staff_actions import order_changes, resending
from shipping.staff_actions.previews import compare_contents, compare_dates
from shipping.tracking import returns

ORDER_KEY = OpenApiParameter("order_pk", int, OpenApiParameter.PATH, description="Its id.")


class ShipmentsViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Shipment]):
    """How shipments are listed: in five statements, whatever the page holds."""

    queryset = (
        Shipment.objects.select_related("cancellation", "order", "revision")
        .prefetch_related("events", "order__lines", *tracking_prefetches())
        .annotate(
            resent_as=ArraySubquery(
                Shipment.objects.filter(resend_of=OuterRef("pk")).order_by("id").values("pk")
            )
        )
    )
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


@extend_schema_view(retrieve=extend_schema(summary="Show a shipment"))
class ShipmentViewSet(mixins.RetrieveModelMixin, ShipmentsViewSet):
    """Parcels, from the moment they are to be sent until they are delivered."""

    @extend_schema(
        summary="Send a shipment again",
        description="One that is unknown, rejected or missed, under the same key. 409 "
        "(`illegal_move`) in any other state; 409 (`unsafe`) where it could make a second parcel: "
        "a provider that may have it, cannot be asked and does not know keys again. To do it all "
        "the same send `despite_risk`: true with a `reason`.",
        request=DecisionSerializer,
        responses={200: ShipmentSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def retry(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Queue it again."""
        decision = _read(DecisionSerializer, request)
        shipment = services.retry(self.get_object(), by=_actor(request), **decision)
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
        given = _read(ResendSerializer, request)
        address = given.pop("delivery_address", None)
        second = resending.resend(self.get_object(), by=_actor(request), address=address, **given)
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
        options = _read(DecisionSerializer, request)
        shipment = services.cancel(self.get_object(), by=_actor(request), **options)
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
        wanted = _read(AskForReturnSerializer, request)
        parcel = returns.request(shipment, by=_actor(request), **wanted)
        return Response(ReturnSerializer(parcel).data, status=201)

    def _shown(self, shipment: Shipment) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=shipment.pk)).data)


@extend_schema(parameters=[ORDER_KEY])
class OrderShipmentViewSet(ShipmentsViewSet):
    """The shipments of one order."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse an order that does not exist, once the caller may ask."""
        super().initial(request, *args, **kwargs)
        get_object_or_404(Order.objects.only("pk"), pk=kwargs["order_pk"])

    def get_queryset(self) -> QuerySet[Shipment]:
        """The shipments of the order in the address."""
        return super().get_queryset().filter(order=self.kwargs.get("order_pk", 0))


@extend_schema_view(
    list=extend_schema(summary="List schedules"),
    retrieve=extend_schema(summary="Show a schedule"),
)
class ScheduleViewSet(viewsets.ReadOnlyModelViewSet[Schedule]):
    """When recurring orders ship."""

    # By what is in it an order is routed, and so its ship dates.
    queryset = Schedule.objects.select_related("order").prefetch_related("order__lines__product")
    serializer_class = ScheduleSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = ScheduleFilter
    ordering_fields = ["id"]
    lookup_value_converter = "int"
    read_scopes = ("shipping:read",)
    write_scopes = ("shipping:write",)

    @extend_schema(
        summary="Change a schedule",
        description="When it ships: a new interval or anchor gives a new row of dates. What it "
        "ships, and where: its order gets the items, service and address, at today's prices for "
        "what is new in it. What was handed to a provider stays as it was sent. POST to `preview/` "
        "shows all of it before. 409 when it is cancelled.",
        request=ScheduleChangeSerializer,
        responses={200: ScheduleSerializer},
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is given."""
        schedule, wanted = self.get_object(), _read(ScheduleChangeSerializer, request)
        return self._shown(order_changes.amend(schedule, by=_actor(request), **wanted))

    @extend_schema(
        summary="Pause a schedule",
        description="It makes no shipments until `resume_on`, or until it is resumed.",
        request=PauseSerializer,
        responses={200: ScheduleSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def pause(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Pause it."""
        options = _read(PauseSerializer, request)
        return self._shown(schedules.pause(self.get_object(), by=_actor(request), **options))

    @extend_schema(
        summary="Resume a schedule",
        description="What fell into the pause is passed over.",
        request=NothingSerializer,
        responses={200: ScheduleSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Resume it."""
        _read(NothingSerializer, request)
        return self._shown(schedules.resume(self.get_object(), by=_actor(request)))

    @extend_schema(
        summary="Skip the next occurrence",
        description="Name the `occurrence`, and the request may be repeated: it is left out once. "
        "409 when another is the next one; and without a name while one that was left out is "
        "still to come, so that a repeated request leaves out no second one.",
        request=SkipSerializer,
        responses={200: ScheduleSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def skip(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Leave out the next one."""
        schedule, options = self.get_object(), _read(SkipSerializer, request)
        return self._shown(schedules.skip(schedule, by=_actor(request), **options))

    @extend_schema(
        summary="Take a skip back",
        description="The last that was left out, as long as its date is still to come.",
        request=UnskipSerializer,
        responses={200: ScheduleSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def unskip(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Leave it out no more."""
        schedule, options = self.get_object(), _read(UnskipSerializer, request)
        return self._shown(schedules.unskip(schedule, by=_actor(request), **options))

    @extend_schema(
        summary="Cancel a schedule",
        description="It makes no shipments ever again. Those that are made already go on.",
        request=CancelSerializer,
        responses={200: ScheduleSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """End it."""
        options = _read(CancelSerializer, request)
        return self._shown(schedules.cancel(self.get_object(), by=_actor(request), **options))

    @extend_schema(
        summary="Preview a change",
        description="The next dates as they would be, and as they are `now`; nothing is done. 409 "
        "when the verb cannot be done either.",
        parameters=[PreviewSerializer],
        responses={200: PreviewedSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def preview(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What a verb would do to the next dates."""
        form = PreviewSerializer(data=dict(request.query_params.items()))
        form.is_valid(raise_exception=True)
        now, then = compare_dates(self.get_object(), **form.validated_data)
        return Response(DatesSerializer.shape(then) | {"now": DatesSerializer.shape(now)})

    @extend_schema(
        summary="Preview what a change makes of it",
        description="The same body as the PATCH. Nothing is done; refused is what that refuses.",
        request=ScheduleChangeSerializer,
        responses={200: RehearsedSerializer, 409: ErrorAnswer},
    )
    @preview.mapping.post
    @idempotent
    def rehearse(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What it would send, when, by whom, and for how much."""
        schedule = self.get_object()
        now, then = compare_contents(schedule, **_read(ScheduleChangeSerializer, request))
        unsent = [parcel.reference for parcel in order_changes.waiting_of([schedule.order])]
        shape = PictureSerializer.shape_of
        return Response(shape(then) | {"now": shape(now), "unsent": unsent})

    @extend_schema(
        summary="Forecast what will ship",
        description="Parcels a day from today on, by provider, counted from the schedules: those "
        "that are active, and those whose pause ends by itself. Nothing is made.",
        parameters=[ForecastQuerySerializer],
        responses={200: ForecastSerializer},
    )
    @action(detail=False, filter_backends=[], pagination_class=None)
    def forecast(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How many parcels on which day."""
        form = ForecastQuerySerializer(data=dict(request.query_params.items()))
        form.is_valid(raise_exception=True)
        return Response(ForecastSerializer.shape(forecast(**form.validated_data)))

    def _shown(self, schedule: Schedule) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=schedule.pk)).data)


def _read(form: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    given = form(data=request.data)
    given.is_valid(raise_exception=True)
    return cast("dict[str, Any]", given.validated_data)


def _actor(request: Request) -> str:
    actor: str = request.user.actor  # type: ignore[union-attr]
    return actor
