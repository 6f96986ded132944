"""Addresses below /api/v1/."""

from rest_framework.routers import SimpleRouter

from customers.views import CustomerViewSet

router = SimpleRouter(use_regex_path=False)
router.register("customers", CustomerViewSet)

urlpatterns = router.urls
