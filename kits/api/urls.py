"""Addresses below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter
from rest_framework_nested.routers import NestedSimpleRouter

from kits.api.views import KitEventViewSet, KitViewSet, LotViewSet, ReceivedKitViewSet

router = SimpleRouter(use_regex_path=False)
router.register("lots", LotViewSet)
router.register("kits", KitViewSet)

of_a_kit = NestedSimpleRouter(router, "kits", lookup="kit", use_regex_path=False)
of_a_kit.register("events", KitEventViewSet, basename="kit-event")

# By another scope than the rest: what a laboratory may say.
received = [
    path(
        f"kits/<str:serial>/{verb}/", ReceivedKitViewSet.as_view({"post": verb}), name=f"kit-{verb}"
    )
    for verb in ("receive", "resume")
]

urlpatterns = [*router.urls, *of_a_kit.urls, *received]
