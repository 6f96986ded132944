"""Customers over HTTP."""

from typing import Any

from django.db import IntegrityError
from django.db.models import ProtectedError
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
    # Of all that keeps a customer: what is refused by something unseen tells of it.
    delete_scopes = ("customers:write", "orders:read", "clinical:read")
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
            kept = {str(row._meta.verbose_name_plural) for row in error.protected_objects}
            text = f"This customer has {' and '.join(sorted(kept))}, so it cannot be deleted."
            raise Conflict(text, code="in_use") from error


def _as_refusal(error: IntegrityError) -> Exception:
    if "code" not in str(error):
        return error
    text = "customer with this code already exists."
    return serializers.ValidationError({"code": [text]}, code="unique")
