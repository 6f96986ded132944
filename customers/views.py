"""Customers over HTTP."""

from typing import Any

from django.db import IntegrityError
from django.db.models import Model, ProtectedError
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Conflict
from core.idempotency import idempotent
from core.pagination import OrderingFilter
from customers.filters import CustomerFilter
from customers.models import Customer
from customers.search import SearchBackend, search
from customers.serializers import CustomerSerializer
from identity.scopes import may_view


@extend_schema_view(
    list=extend_schema(summary="List customers"),
    retrieve=extend_schema(summary="Show a customer"),
    update=extend_schema(
        summary="Change a customer", description="What is left out keeps its value."
    ),
    partial_update=extend_schema(summary="Change some of a customer"),
    destroy=extend_schema(
        summary="Delete a customer",
        description="409 when the customer has orders, or other records that are kept.",
    ),
)
class CustomerViewSet(viewsets.ModelViewSet[Customer]):
    """Customers: requirement E1."""

    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter, SearchBackend]
    filterset_class = CustomerFilter
    ordering_fields = ["id", "name", "created_at"]
    lookup_value_converter = "int"
    read_scopes = ("customers:read",)
    write_scopes = ("customers:write",)
    search = staticmethod(search)

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
        """Delete it. Raises Conflict, naming what keeps it."""
        try:
            instance.delete()
        except ProtectedError as error:
            kept = {_name(row, self.request) for row in error.protected_objects}
            text = f"This customer has {' and '.join(sorted(kept))}, so it cannot be deleted."
            raise Conflict(text, code="in_use") from error


def _name(row: Model, request: Request) -> str:
    """What keeps a customer, in words; of what the caller may not see, only that there is some."""
    meta = row._meta
    held: Any = request.auth
    may = may_view(held.scopes, f"{meta.app_label}.view_{meta.model_name}")
    return str(meta.verbose_name_plural) if may else "other records"


def _as_refusal(error: IntegrityError) -> Exception:
    if "code" not in str(error):
        return error
    text = "customer with this code already exists."
    return serializers.ValidationError({"code": [text]}, code="unique")
