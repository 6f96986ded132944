"""Products and orders over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_view,
)
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.changes.history import HistoryMixin, as_they_are
from core.api.changes.versions import TaggedMixin, if_match
from core.api.idempotency import idempotent
from core.api.pagination import OrderingFilter
from core.api.rows import ListRowsMixin
from core.api.serializers import kept_form, validated
from customers.api.filters import CustomerFilter
from customers.api.representations import customer_json, customer_rows
from customers.models import Customer
from customers.reading import with_default_address
from customers.search.customers import SearchBackend
from customers.search.customers import search as search_customers
from identity.actors import actor_of
from orders.api.filters import OrderFilter, ProductFilter, search
from orders.api.representations import kit_orders_json, order_json, order_rows, placed_json
from orders.api.serializers import (
    CancelSerializer,
    ChangedOrderSerializer,
    ChangeOrderSerializer,
    CustomersOrderSerializer,
    CustomersSaleSerializer,
    DnaKitOrderSerializer,
    FullOrderSerializer,
    OrderSerializer,
    PlacingSerializer,
    ProductSerializer,
    SaleSerializer,
    UserSerializer,
    short_or_full,
)
from orders.changes import send_elsewhere
from orders.models import DnaKitOrder, Order, Product
from orders.services import cancel_order

BOTH_FORMS = PolymorphicProxySerializer(
    "PlaceOrder", [SaleSerializer, FullOrderSerializer], resource_type_field_name=None
)
BOTH_NESTED_FORMS = PolymorphicProxySerializer(
    "PlaceCustomersOrder",
    [CustomersSaleSerializer, CustomersOrderSerializer],
    resource_type_field_name=None,
)
CUSTOMER_KEY = OpenApiParameter("customer_pk", int, OpenApiParameter.PATH, description="Its id.")


@extend_schema_view(
    list=extend_schema(summary="List products on sale"),
    retrieve=extend_schema(summary="Show a product"),
)
class ProductViewSet(HistoryMixin, viewsets.ReadOnlyModelViewSet[Product]):
    """What can be ordered, by `item_id`."""

    queryset = Product.objects.filter(is_active=True)
    serializer_class = ProductSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = ProductFilter
    ordering_fields = ["id", "name"]
    alphabetical_fields = ["name"]
    lookup_field = "item_id"
    read_scopes = ("orders:read",)
    history_fields = as_they_are(*ProductSerializer.Meta.fields, "is_active")


class OrdersViewSet(ListRowsMixin, viewsets.GenericViewSet[Any]):
    """What all views of orders share: how they are listed, found and placed."""

    rows = order_rows(Order.objects.all())
    row_json = staticmethod(order_json)
    queryset: QuerySet[Any] = Order.objects.all()
    serializer_class: type[Any] = OrderSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    filterset_class = OrderFilter
    ordering_fields = ["id", "time"]
    lookup_value_converter = "int"
    read_scopes = ("orders:read",)
    write_scopes: tuple[str, ...] = ("orders:write",)
    search = staticmethod(search)

    @property
    def ordering(self) -> list[str]:
        """The newest first; by time when a time is asked for: that has an index of its own."""
        by_time = {"time_after", "time_before"} & self.request.query_params.keys()
        return ["-time"] if by_time else ["-id"]

    @extend_schema(summary="List orders")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Orders, the newest first."""
        return super().list(request, *args, **kwargs)

    def place(self, form: type[PlacingSerializer], **known: Any) -> Response:
        """The answer to a request that places an order."""
        data = validated(form, self.request.data)
        order = kept_form(form).create({**data, "by": actor_of(self.request), **known})
        where = f"/api/v1/orders/{order.pk}/"
        return Response(placed_json(order), status=201, headers={"Location": where})


@extend_schema_view(retrieve=extend_schema(summary="Show an order"))
class OrderViewSet(TaggedMixin, OrdersViewSet):
    """Orders: requirement E2."""

    @extend_schema(
        summary="Place an order",
        request=BOTH_FORMS,
        responses={201: OrderSerializer},
        description="A sale in words (`item`, `amount`), or an order of products (`items`).",
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Place an order in either form."""
        form = short_or_full(request.data, SaleSerializer, FullOrderSerializer)
        return self.place(form)

    @extend_schema(
        summary="Change where an order goes",
        request=ChangeOrderSerializer,
        responses={200: ChangedOrderSerializer},
        description="An order that waits for an address ships then. Parcels that no provider has "
        "yet go to the new one too, and those that a recurring order makes from now on. 409 once "
        "the order has ended, or its only parcel has left.",
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send it elsewhere, unless it is too late; with the names of the lines that changed."""
        order = get_object_or_404(Order, pk=kwargs["pk"])
        form = ChangeOrderSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        address = form.validated_data["delivery_address"]
        with if_match(self, request):
            order, changed = send_elsewhere(order, address, by=actor_of(request))
        return Response(placed_json(Order.objects.get(pk=order.pk)) | {"changed": changed})

    @extend_schema(
        summary="Cancel an order",
        request=CancelSerializer,
        responses={200: OrderSerializer},
        description="With its schedule and unsent parcels. 409 once a parcel was handed over.",
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cancel it, unless it is too late."""
        form = CancelSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        order = get_object_or_404(Order, pk=kwargs["pk"])
        cancel_order(order, by=actor_of(request), **form.validated_data)
        return Response(placed_json(order))


@extend_schema(parameters=[CUSTOMER_KEY])
class CustomerOrderViewSet(OrdersViewSet):
    """The orders of one customer."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a customer who does not exist, once the caller may ask."""
        super().initial(request, *args, **kwargs)
        try:
            self.customer = with_default_address(int(kwargs["customer_pk"]))
        except Customer.DoesNotExist as error:
            raise Http404 from error

    def get_queryset(self) -> QuerySet[Any]:
        """The orders of the customer in the address."""
        orders: QuerySet[Any] = super().get_queryset()
        return orders.filter(customer_id=self.kwargs.get("customer_pk"))

    @extend_schema(
        summary="Place an order for this customer",
        request=BOTH_NESTED_FORMS,
        responses={201: OrderSerializer},
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Place an order in either form, without `customer`."""
        form = short_or_full(request.data, CustomersSaleSerializer, CustomersOrderSerializer)
        return self.place(form, customer=self.customer)


class DnaKitOrderViewSet(OrdersViewSet):
    """DNA kit orders: requirement A1."""

    rows = order_rows(DnaKitOrder.objects.all())
    queryset = DnaKitOrder.objects.all()
    write_scopes = ("dna-kit-orders:write",)

    @extend_schema(
        summary="Place a DNA kit order",
        request=DnaKitOrderSerializer,
        responses={201: OrderSerializer},
        description="To `delivery_address`, else the customer's default address. Without either it "
        "waits: the customer is asked, and it ships once it is given one.",
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Place a DNA kit order for an existing customer."""
        return self.place(DnaKitOrderSerializer)


class UserViewSet(ListRowsMixin, viewsets.GenericViewSet[Customer]):
    """Customers with their DNA kit orders: requirement A4."""

    rows = customer_rows(Customer.objects.all())
    queryset = Customer.objects.all()
    serializer_class = UserSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    filterset_class = CustomerFilter
    ordering_fields = ["id", "name", "created_at"]
    alphabetical_fields = ["name"]
    read_scopes = ("customers:read", "orders:read")
    search = staticmethod(search_customers)

    @extend_schema(summary="List users with their DNA kit orders")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Customers, each with every DNA kit order: three statements, whatever the page holds."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        orders = kit_orders_json([row["id"] for row in page])
        return self.get_paginated_response(
            [{**customer_json(row), "orders": orders[row["id"]]} for row in page]
        )
