"""Addresses below /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter
from rest_framework_nested.routers import NestedSimpleRouter

from customers.api.urls import router as customers
from customers.api.views import CustomerViewSet
from orders.api.views import (
    CustomerOrderViewSet,
    DnaKitOrderViewSet,
    OrderViewSet,
    ProductViewSet,
    UserViewSet,
)

router = SimpleRouter(use_regex_path=False)
router.register("products", ProductViewSet)
router.register("orders", OrderViewSet)
router.register("dna-kit-orders", DnaKitOrderViewSet)
router.register("users", UserViewSet, basename="user")

of_a_customer = NestedSimpleRouter(customers, "customers", lookup="customer", use_regex_path=False)
of_a_customer.register("orders", CustomerOrderViewSet, basename="customer-order")

# Requirement D: the same views under the shop's old names.
sales = [
    path("sales/create-customer/", CustomerViewSet.as_view({"post": "create"})),
    path("sales/create-order/", OrderViewSet.as_view({"post": "create"})),
    path("sales/customers/", CustomerViewSet.as_view({"get": "list"})),
    path("sales/orders/", OrderViewSet.as_view({"get": "list"})),
]

urlpatterns = [*router.urls, *of_a_customer.urls, *sales]
