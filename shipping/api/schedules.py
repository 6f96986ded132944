"""Schedules over HTTP."""

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.changes.versions import TaggedMixin, if_match
from core.api.idempotency import idempotent
from core.api.openapi import ErrorAnswer
from core.api.pagination import OrderingFilter
from identity.actors import actor_of
from orders.api.serializers import CancelSerializer
from orders.models.locking import lock_order
from shipping.api.filters import ScheduleFilter
from shipping.api.requests import validated
from shipping.api.serializers.changes import (
    PictureSerializer,
    RehearsedSerializer,
    ScheduleChangeSerializer,
    SkipSerializer,
    UnskipSerializer,
)
from shipping.api.serializers.forecasts import ForecastQuerySerializer, ForecastSerializer
from shipping.api.serializers.schedules import (
    DatesSerializer,
    NothingSerializer,
    PauseSerializer,
    PreviewedSerializer,
    PreviewSerializer,
    ScheduleSerializer,
)
from shipping.models import Schedule
from shipping.schedules import services as schedules
from shipping.schedules.forecast import forecast
from shipping.staff_actions import order_changes
from shipping.staff_actions.previews import compare_contents, compare_dates


@extend_schema_view(
    list=extend_schema(summary="List schedules"),
    retrieve=extend_schema(summary="Show a schedule"),
)
class ScheduleViewSet(TaggedMixin, viewsets.ReadOnlyModelViewSet[Schedule]):
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
        schedule, wanted = self.get_object(), validated(ScheduleChangeSerializer, request)
        with if_match(self, request):
            amended = order_changes.amend(schedule, by=actor_of(request), **wanted)
        return self._shown(amended)

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
        options = validated(PauseSerializer, request)
        return self._shown(schedules.pause(self.get_object(), by=actor_of(request), **options))

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
        validated(NothingSerializer, request)
        return self._shown(schedules.resume(self.get_object(), by=actor_of(request)))

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
        schedule, options = self.get_object(), validated(SkipSerializer, request)
        return self._shown(schedules.skip(schedule, by=actor_of(request), **options))

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
        schedule, options = self.get_object(), validated(UnskipSerializer, request)
        return self._shown(schedules.unskip(schedule, by=actor_of(request), **options))

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
        options = validated(CancelSerializer, request)
        return self._shown(schedules.cancel(self.get_object(), by=actor_of(request), **options))

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
        now, then = compare_contents(schedule, **validated(ScheduleChangeSerializer, request))
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

    def lock_shown(self) -> None:
        """The order first, as everybody does (shipping/locking.py): a change is one of both."""
        lock_order(self.get_object().order_id)
        super().lock_shown()

    def _shown(self, schedule: Schedule) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=schedule.pk)).data)
