"""Notifications over HTTP."""

from typing import Any, cast

import django_filters
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.api.filters import FilterForm, FilterSet, IdFilter, TimeFilter
from core.api.idempotency import idempotent
from core.api.pagination import OrderingFilter
from core.api.rows import ReadRowsMixin
from customers.search.customers import SearchBackend
from identity.tokens.callers import Caller
from notifications.api.representations import notification_json, notification_rows
from notifications.api.search import search
from notifications.api.serializers import NewNotificationSerializer, NotificationSerializer
from notifications.channels import channel_choices
from notifications.models import Notification
from notifications.states import NotificationState


class NotificationFilter(FilterSet):
    """By whom and what it is about, by channel and by what became of it."""

    customer = IdFilter(field_name="customer_id")
    order = IdFilter(field_name="order_id")
    shipment = IdFilter(field_name="shipment_id")
    channel = django_filters.ChoiceFilter(choices=channel_choices())
    status = django_filters.ChoiceFilter(field_name="state", choices=NotificationState.choices)

    created_after = TimeFilter(
        field_name="created_at", lookup_expr="gte", help_text="Then or later."
    )
    created_before = TimeFilter(
        field_name="created_at", lookup_expr="lt", help_text="Earlier than that."
    )

    class Meta:
        model = Notification
        form = FilterForm
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="List notifications"),
    retrieve=extend_schema(summary="Show a notification"),
)
class NotificationViewSet(
    ReadRowsMixin,
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Notification],
):
    """Messages to customers, newest first. Accepted by a service (sent) is not yet delivered."""

    rows = notification_rows(Notification.objects.all())
    row_json = staticmethod(notification_json)
    queryset = Notification.objects.all()
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    filterset_class = NotificationFilter
    ordering_fields = ["id"]
    lookup_value_converter = "int"
    read_scopes = ("notifications:read",)
    write_scopes = ("notifications:write",)
    search = staticmethod(search)

    @property
    def ordering(self) -> list[str]:
        """The newest first; by time when a time is asked for: that has an index of its own."""
        by_time = {"created_after", "created_before"} & self.request.query_params.keys()
        return ["-created_at"] if by_time else ["-id"]

    def get_serializer_class(self) -> type[BaseSerializer[Notification]]:
        """What a notification is made of, or how it is shown."""
        return NewNotificationSerializer if self.action == "create" else NotificationSerializer

    @extend_schema(
        summary="Send a notification",
        description="Without a channel it goes by the first that reaches the customer. "
        "A customer who has opted out gets a suppressed one, with the reason.",
        responses={201: NotificationSerializer},
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Queue a message to a customer."""
        answer = super().create(request, *args, **kwargs)
        answer["Location"] = f"/api/v1/notifications/{answer.data['id']}/"
        return answer

    def perform_create(self, serializer: BaseSerializer[Notification]) -> None:
        """Queue it in the caller's name."""
        serializer.save(by=cast(Caller, self.request.user).actor)
