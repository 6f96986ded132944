"""Addresses below /api/v1/."""

from rest_framework.routers import SimpleRouter
from rest_framework_nested.routers import NestedSimpleRouter

from customers.api.views import CustomerAddressViewSet, CustomerViewSet

router = SimpleRouter(use_regex_path=False)
router.register("customers", CustomerViewSet)

of_a_customer = NestedSimpleRouter(router, "customers", lookup="customer", use_regex_path=False)
of_a_customer.register("addresses", CustomerAddressViewSet, basename="customer-address")

urlpatterns = [*router.urls, *of_a_customer.urls]
