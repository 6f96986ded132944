"""Addresses below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter
from rest_framework_nested.routers import NestedSimpleRouter

from orders.api.urls import router as orders
from shipping.api.returns import ReturnViewSet
from shipping.api.schedules import ScheduleViewSet
from shipping.api.shipments import OrderShipmentViewSet, ShipmentViewSet
from shipping.api.webhooks import ShippingWebhook

router = SimpleRouter(use_regex_path=False)
router.register("shipments", ShipmentViewSet)
router.register("schedules", ScheduleViewSet)
router.register("returns", ReturnViewSet)

of_an_order = NestedSimpleRouter(orders, "orders", lookup="order", use_regex_path=False)
of_an_order.register("shipments", OrderShipmentViewSet, basename="order-shipment")

urlpatterns = [
    *router.urls,
    *of_an_order.urls,
]

# Below /api/v1/webhooks/.
webhooks = [path("shipping/<str:provider>/", ShippingWebhook.as_view(), name="shipping-webhook")]
