"""Devices for push messages over HTTP: what a browser sends of itself, kept for its customer."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import (
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.filters import LARGEST_ID, FilterForm, FilterSet, IdFilter
from core.api.idempotency import idempotent
from core.api.pagination import OrderingFilter
from core.api.serializers import CharField, IntegerField, ModelSerializer, Serializer
from customers.models import Customer
from notifications.channels.webpush.devices import (
    LONGEST_ENDPOINT,
    PushSubscription,
    check_auth,
    check_endpoint,
    check_public_key,
    public_key,
    register,
)

_LATEST = 253_402_300_799_000  # milliseconds: the end of the year 9999


class DeviceSerializer(ModelSerializer):
    """A device. Its endpoint and keys are not shown again."""

    class Meta:
        model = PushSubscription
        fields = ["id", "customer", "name", "service", "confirmed_at", "expires_at"]
        read_only_fields = fields


class KeysSerializer(Serializer):
    """The keys of a browser's subscription."""

    p256dh = CharField(max_length=90, validators=[check_public_key])
    auth = CharField(max_length=30, validators=[check_auth])


class NewDeviceSerializer(Serializer):
    """What `PushSubscription.toJSON()` gives in a browser, and whose it is."""

    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.all(),
        pk_field=IntegerField(min_value=1, max_value=LARGEST_ID),
    )
    endpoint = CharField(max_length=LONGEST_ENDPOINT, validators=[check_endpoint])
    keys = KeysSerializer()
    expirationTime = IntegerField(  # noqa: N815 - the browser's name for it
        required=False,
        allow_null=True,
        min_value=0,
        max_value=_LATEST,
        help_text="Milliseconds since 1970, or null.",
    )

    def create(self, validated_data: dict[str, Any]) -> PushSubscription:
        """Keep the device."""
        until = validated_data.get("expirationTime")
        return register(
            validated_data["customer"],
            validated_data["endpoint"],
            **validated_data["keys"],
            expires_at=datetime.fromtimestamp(until / 1000, UTC) if until is not None else None,
        )

    def to_representation(self, instance: PushSubscription) -> dict[str, Any]:
        """As every device is shown."""
        return DeviceSerializer(instance).data


class DeviceFilter(FilterSet):
    """By whose it is."""

    customer = IdFilter(field_name="customer_id")

    class Meta:
        model = PushSubscription
        form = FilterForm
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="List devices for push messages"),
    retrieve=extend_schema(summary="Show a device for push messages"),
    destroy=extend_schema(summary="Remove a device: it gets no push message any more"),
)
class DeviceViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[PushSubscription],
):
    """Customers' devices. One that its push service calls expired is removed by itself."""

    queryset = PushSubscription.objects.all()
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = DeviceFilter
    ordering_fields = ["id"]
    lookup_value_converter = "int"
    read_scopes = ("notifications:read",)
    write_scopes = ("notifications:write",)

    def get_serializer_class(self) -> Any:
        """What a device is made of, or how it is shown."""
        return NewDeviceSerializer if self.action == "create" else DeviceSerializer

    @extend_schema(
        summary="Register a device for push messages",
        description="The body is what `PushSubscription.toJSON()` gives, with the `customer`. A "
        "device that is told again is confirmed; the one confirmed last gets the messages.",
        responses={201: DeviceSerializer},
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a device."""
        answer = super().create(request, *args, **kwargs)
        answer["Location"] = f"/api/v1/push-subscriptions/{answer.data['id']}/"
        return answer

    @extend_schema(
        summary="The key that browsers subscribe with",
        responses=OpenApiResponse(
            inline_serializer("PushKey", {"key": serializers.CharField()}),
            description="For `applicationServerKey`; empty while no push message is sent.",
        ),
        filters=False,
    )
    @action(detail=False, filterset_class=None, pagination_class=None)
    def key(self, request: Request) -> Response:
        """Our public key, in base64url."""
        return Response({"key": public_key() if settings.PUSH_PROVIDER else ""})
