"""Customers over HTTP."""

from typing import Any, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.db.models import ProtectedError, QuerySet
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.changes.history import HistoryMixin, as_they_are
from core.api.changes.versions import VersionedMixin, if_match
from core.api.errors import ConflictError
from core.api.idempotency import idempotent
from core.api.pagination import OrderingFilter
from core.api.rows import ReadRowsMixin
from customers.api.filters import CustomerFilter
from customers.api.representations import customer_json, customer_rows
from customers.api.serializers import (
    AddedAddressSerializer,
    BookedAddressSerializer,
    ChangedAddressSerializer,
    CustomerSerializer,
)
from customers.models import ADDRESS_FIELDS, PREFERENCES, Address, Customer
from customers.search.customers import SearchBackend, search
from customers.services import add_address, change_address, delete_address, lock, still_used_by
from identity.actors import actor_of

CUSTOMER_KEY = OpenApiParameter("customer_pk", int, OpenApiParameter.PATH, description="Its id.")
UNMOVED = (
    "Orders keep the address that they have: a change moves no parcel. `used_by_schedules` names "
    "the running schedules that still send to what it was."
)


@extend_schema_view(
    list=extend_schema(summary="List customers"),
    retrieve=extend_schema(summary="Show a customer"),
    update=extend_schema(
        summary="Change a customer", description="What is left out keeps its value."
    ),
    partial_update=extend_schema(summary="Change some of a customer"),
    destroy=extend_schema(
        summary="Delete a customer",
        description="409 when the customer has orders, or is a patient: those are kept. Only for "
        "who may see both, so that no refusal says what the caller may not know.",
    ),
)
class CustomerViewSet(VersionedMixin, HistoryMixin, ReadRowsMixin, viewsets.ModelViewSet[Customer]):
    """Customers: requirement E1."""

    rows = customer_rows(Customer.objects.all())
    row_json = staticmethod(customer_json)
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    filterset_class = CustomerFilter
    ordering_fields = ["id", "name", "created_at"]
    alphabetical_fields = ["name"]
    lookup_value_converter = "int"
    read_scopes = ("customers:read",)
    write_scopes = ("customers:write",)
    # Of all that keeps a customer: what is refused by something unseen tells of it.
    delete_scopes = ("customers:write", "orders:read", "clinical:read")
    search = staticmethod(search)
    history_fields = as_they_are("code", "name", "phone_number", "email", *PREFERENCES)

    @extend_schema(summary="Create a customer")
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create a customer. The code is made when it is left out."""
        answer = super().create(request, *args, **kwargs)
        answer["Location"] = f"/api/v1/customers/{answer.data['id']}/"
        return answer

    def perform_create(self, serializer: serializers.BaseSerializer[Customer]) -> None:
        """Save it; a ValidationError when a twin took the code a moment ago."""
        try:
            serializer.save()
        except IntegrityError as error:
            raise _as_refusal(error) from error

    perform_update = perform_create

    def perform_destroy(self, instance: Customer) -> None:
        """Delete it. Raises ConflictError, naming what keeps it."""
        try:
            instance.delete()
        except ProtectedError as error:
            kept = {str(row._meta.verbose_name_plural) for row in error.protected_objects}
            text = f"This customer has {' and '.join(sorted(kept))}, so it cannot be deleted."
            raise ConflictError(text, code="in_use") from error


@extend_schema(parameters=[CUSTOMER_KEY])
@extend_schema_view(
    list=extend_schema(summary="List a customer's addresses"),
    retrieve=extend_schema(summary="Show an address"),
    update=extend_schema(
        summary="Change an address",
        description=f"What is left out keeps its value. {UNMOVED}",
        responses={200: ChangedAddressSerializer},
    ),
    partial_update=extend_schema(
        summary="Change some of an address",
        description=UNMOVED,
        responses={200: ChangedAddressSerializer},
    ),
    destroy=extend_schema(
        summary="Delete an address",
        description="When it was the default, the newest of the others becomes the default.",
    ),
)
class CustomerAddressViewSet(VersionedMixin, HistoryMixin, viewsets.ModelViewSet[Address]):
    """The address book of one customer."""

    queryset = Address.objects.all()
    serializer_class = BookedAddressSerializer
    filter_backends = [OrderingFilter]
    ordering_fields = ["id"]
    lookup_value_converter = "int"
    read_scopes = ("customers:read",)
    write_scopes = ("customers:write",)
    history_fields = as_they_are(*ADDRESS_FIELDS, "is_default")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a customer who does not exist, once the caller may ask."""
        super().initial(request, *args, **kwargs)
        self.customer = get_object_or_404(Customer, pk=kwargs["customer_pk"])

    def get_queryset(self) -> QuerySet[Address]:
        """The addresses of the customer in the URL."""
        addresses = super().get_queryset().filter(customer_id=self.kwargs.get("customer_pk", 0))
        return addresses.select_related("customer")

    @extend_schema(
        summary="Add an address",
        responses={201: AddedAddressSerializer},
        description="The first one is the default, and goes to the customer's orders that wait for "
        "an address: `shipped` names them. A customer has at most 50.",
    )
    @idempotent
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add an address; a 404 when the customer was deleted meanwhile."""
        form = BookedAddressSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        lines = dict(form.validated_data)
        is_default = lines.pop("is_default", False)
        try:
            added = add_address(self.customer, lines, by=actor_of(request), is_default=is_default)
        except Customer.DoesNotExist as error:
            raise NotFound from error
        shipped = added.shipped if _holds(request, "orders:read") else []
        where = f"/api/v1/customers/{self.customer.pk}/addresses/{added.address.pk}/"
        shown = _with_users(added.address, request) | {"shipped": shipped}
        return Response(shown, status=201, headers={"Location": where})

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change it, and say which schedules still send to what it was."""
        with if_match(self, request):
            form = self.get_serializer(
                self.get_object(), data=request.data, partial=kwargs.get("partial", False)
            )
            form.is_valid(raise_exception=True)
            self.perform_update(form)
        return Response(_with_users(cast("Address", form.instance), request))

    def lock_shown(self) -> None:
        """The whole book, as every verb does. Raises Http404 without the address."""
        self.get_object()
        lock(self.customer)

    def perform_update(self, serializer: serializers.BaseSerializer[Address]) -> None:
        """Write what came: a line that was left out keeps its value. A 404 when it was deleted
        meanwhile."""
        came: Any = serializer.initial_data
        lines = {name: line for name, line in serializer.validated_data.items() if name in came}
        is_default = lines.pop("is_default", None)
        old: Any = serializer.instance
        try:
            serializer.instance = change_address(old, lines, is_default=is_default)
        except ObjectDoesNotExist as error:
            raise NotFound from error

    def perform_destroy(self, instance: Address) -> None:
        """Delete it."""
        delete_address(instance)


def _with_users(address: Address, request: Request) -> dict[str, Any]:
    used_by = still_used_by(address) if _holds(request, "shipping:read") else []
    return {**BookedAddressSerializer(address).data, "used_by_schedules": used_by}


def _holds(request: Request, scope: str) -> bool:
    held: Any = request.auth
    return scope in held.scopes


def _as_refusal(error: IntegrityError) -> Exception:
    if "code" not in str(error):
        return error
    text = "customer with this code already exists."
    return serializers.ValidationError({"code": [text]}, code="unique")
