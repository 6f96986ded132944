"""Addresses below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from notifications.api.costs import CostViewSet
from notifications.api.devices import DeviceViewSet
from notifications.api.inbox import DeliveryInbox
from notifications.api.notifications import NotificationViewSet
from notifications.api.preferences import ConsentViewSet, PreferencesViewSet
from notifications.channels.africastalking.webhook import (
    DeliveryWebhook,
    InboundWebhook,
    OptOutWebhook,
)
from notifications.channels.anymail.webhook import EmailWebhook

inbox = DeliveryInbox()
router = SimpleRouter(use_regex_path=False)
router.register("notifications", NotificationViewSet)
router.register("notifications/costs", CostViewSet, basename="cost")
router.register("push-subscriptions", DeviceViewSet)

urlpatterns = [
    *router.urls,
    path(
        "customers/<int:customer_pk>/preferences/",
        PreferencesViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
    ),
    path("customers/<int:customer_pk>/consents/", ConsentViewSet.as_view({"get": "list"})),
]

# Below /api/v1/webhooks/.
webhooks = [
    path("email/<slug:esp>/", EmailWebhook.as_view(inbox=inbox)),
    path("africastalking/<str:token>/delivery/", DeliveryWebhook.as_view(inbox=inbox)),
    path("africastalking/<str:token>/opt-out/", OptOutWebhook.as_view(inbox=inbox)),
    path("africastalking/<str:token>/incoming/", InboundWebhook.as_view(inbox=inbox)),
]
