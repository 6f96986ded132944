"""The naive API: a serializer and a ModelViewSet for each table."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from rest_framework import serializers, viewsets
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from standardwebhooks import Webhook, WebhookVerificationError

from bench.naive.models import Order, OrderLine, Product, Shipment, TrackingEvent

ADDRESS = ["recipient", "line_1", "line_2", "city", "postcode", "country"]


class AddressSerializer(serializers.ModelSerializer[Order]):
    """Where an order goes."""

    class Meta:
        model = Order
        fields = ADDRESS


class LineSerializer(serializers.ModelSerializer[OrderLine]):
    """A line, by the product's id."""

    item_id = serializers.SlugRelatedField(
        source="product", slug_field="item_id", queryset=Product.objects.all()
    )
    name = serializers.CharField(source="product.name", read_only=True)
    weight = serializers.IntegerField(source="product.weight", read_only=True)

    class Meta:
        model = OrderLine
        fields = ["item_id", "name", "quantity", "weight", "unit_price"]
        read_only_fields = ["unit_price"]


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order with its lines and address."""

    items = LineSerializer(source="lines", many=True)
    delivery_address = AddressSerializer(source="*")

    class Meta:
        model = Order
        fields = [
            *("id", "customer", "status", "amount", "currency", "items"),
            *("delivery_service", "delivery_address", "created_at"),
        ]
        read_only_fields = ["status", "amount", "currency"]

    def validate_items(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """At least one."""
        if not items:
            raise serializers.ValidationError("An order needs at least one item.")
        return items

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Order:
        """The order with its lines; the signal does the rest."""
        items = validated_data.pop("lines")
        amount = sum(item["product"].price * item["quantity"] for item in items)
        currency = items[0]["product"].currency
        order = Order.objects.create(amount=amount, currency=currency, **validated_data)
        OrderLine.objects.bulk_create(
            OrderLine(order=order, unit_price=item["product"].price, **item) for item in items
        )
        return order


class OrderViewSet(viewsets.ModelViewSet[Order]):
    """Orders."""

    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    filterset_fields = ["status", "customer"]
    search_fields = ["customer__name"]


class PrefetchedViewSet(OrderViewSet):
    """The same by somebody who has counted the statements of the list."""

    queryset = Order.objects.prefetch_related("lines__product")


class EventSerializer(serializers.Serializer[dict[str, Any]]):
    """A provider's event."""

    order_id = serializers.CharField()
    event_name = serializers.CharField()
    event_time = serializers.DateTimeField()


class WebhookView(APIView):
    """Takes a provider's event and applies it at once."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        """Keep the event; a new one moves its parcel."""
        secret = settings.REFERENCE_PROVIDER_SECRET.split(",")[0]
        try:
            Webhook(secret).verify(request.body, dict(request.headers.items()))
        except WebhookVerificationError as error:
            raise AuthenticationFailed from error
        form = EventSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        event = form.validated_data
        with transaction.atomic():
            shipment = Shipment.objects.select_for_update().get(reference=event["order_id"])
            _, created = TrackingEvent.objects.get_or_create(
                event_id=request.headers["webhook-id"],
                defaults={
                    "shipment": shipment,
                    "name": event["event_name"],
                    "time": event["event_time"] or timezone.now(),
                },
            )
            if created and shipment.status != event["event_name"]:
                shipment.status = event["event_name"]
                shipment.save()
        return Response({"status": "ok"})
