"""The naive project's addresses."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from bench.naive.views import OrderViewSet, PrefetchedViewSet, WebhookView

router = DefaultRouter()
router.register("orders", OrderViewSet)
router.register("prefetched", PrefetchedViewSet, basename="prefetched")


def alive(request: HttpRequest) -> HttpResponse:
    """An empty answer."""
    return HttpResponse()


urlpatterns = [
    path("livez", alive),
    path("api/v1/webhooks/shipping/reference/", WebhookView.as_view()),
    path("api/v1/", include(router.urls)),
    path("admin/", admin.site.urls),
]
