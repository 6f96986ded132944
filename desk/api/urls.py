"""Addresses below /api/v1/."""

from rest_framework.routers import SimpleRouter

from desk.api.views import ExceptionViewSet

router = SimpleRouter(use_regex_path=False)
router.register("exceptions", ExceptionViewSet, basename="exception")

urlpatterns = router.urls
