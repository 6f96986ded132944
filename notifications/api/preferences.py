"""A customer's preferences over HTTP: below `customers/{id}/`."""

from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.changes.versions import VersionedMixin, if_match
from core.api.serializers import CharField, ChoiceField, ListField, ModelSerializer, Serializer
from customers.models import PREFERENCES, Customer
from customers.services import lock
from identity.tokens.callers import Caller
from notifications.channels import channel_choices
from notifications.models import Consent
from notifications.policy.opt_outs import (
    addresses_of,
    history_of,
    opt_in,
    opt_out,
    opted_out,
    prefer,
)


class PreferencesSerializer(Serializer):
    """By which channel and in which language a customer wants messages. Empty means the default."""

    channel = ChoiceField(
        choices=channel_choices(), allow_blank=True, required=False, help_text="The one they chose."
    )
    language = CharField(
        max_length=20, allow_blank=True, required=False, help_text="BCP 47, such as pt-BR."
    )
    time_zone = CharField(
        max_length=50, allow_blank=True, required=False, help_text="Such as Africa/Nairobi."
    )
    opted_out = ListField(
        child=ChoiceField(choices=channel_choices()),
        required=False,
        max_length=20,
        help_text="The channels by which they want no more messages.",
    )

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        """As they are now."""
        kept = {name: getattr(instance, name) for name in PREFERENCES}
        return {**kept, "opted_out": opted_out(instance)}


class ConsentSerializer(ModelSerializer):
    """One step: who agreed or objected to what, when, and how."""

    class Meta:
        model = Consent
        fields = ["id", "kind", "channel", "recipient", "how", "actor", "detail", "at"]
        read_only_fields = fields


class OfACustomer(viewsets.GenericViewSet[Any]):
    """What belongs to the customer in the address."""

    read_scopes: tuple[str, ...] = ("customers:read",)
    write_scopes: tuple[str, ...] = ("customers:write",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a customer who does not exist, once the caller may ask."""
        super().initial(request, *args, **kwargs)
        self.customer = get_object_or_404(Customer, pk=kwargs["customer_pk"])


class PreferencesViewSet(VersionedMixin, OfACustomer):
    """Channel, language, time zone and opt-outs of a customer."""

    queryset = Customer.objects.all()
    serializer_class = PreferencesSerializer
    filter_backends = ()
    pagination_class = None

    @extend_schema(summary="Show a customer's preferences")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """As they are."""
        return super().retrieve(request, *args, **kwargs)

    def shown(self) -> tuple[int, Any]:
        """As they are now, and the customer's version."""
        customer = get_object_or_404(Customer, pk=self.customer.pk)
        return customer.version, PreferencesSerializer(customer).data

    def lock_shown(self) -> None:
        """The customer."""
        lock(self.customer)

    @extend_schema(
        summary="Change some of a customer's preferences",
        description="Kept in the consent history with the caller. `opted_out` is the whole list: "
        "a channel that is left out gets messages again.",
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is named."""
        form = PreferencesSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        wanted, by = dict(form.validated_data), cast(Caller, request.user).actor
        with if_match(self, request), transaction.atomic():
            channels = wanted.pop("opted_out", None)
            self.customer = prefer(self.customer, wanted, by=by, how=Consent.How.API)
            if channels is not None:
                _opt(self.customer, set(channels), by)
        return Response(PreferencesSerializer(self.customer).data)


def _opt(customer: Customer, channels: set[str], by: str) -> None:
    """Opt out of these channels, and into the others. A ValidationError without an address."""
    addresses, out = addresses_of(customer), set(opted_out(customer))
    if missing := sorted(channels - set(addresses)):
        text = f"The customer has no address for {missing[0]}."
        raise serializers.ValidationError({"opted_out": [text]}, code="unreachable")
    evidence: dict[str, Any] = {"by": by, "how": Consent.How.API, "customer": customer}
    for channel in sorted(channels - out):
        opt_out(channel, addresses[channel], reason="told to a program", **evidence)
    for channel in sorted(out - channels):
        opt_in(channel, addresses[channel], reason="told to a program", **evidence)


class ConsentViewSet(mixins.ListModelMixin, OfACustomer):
    """The consent history of a customer, newest first."""

    queryset = Consent.objects.all()
    serializer_class = ConsentSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Consent]:
        """The steps of this customer and their addresses."""
        customer = getattr(self, "customer", None)  # none while the schema is made
        return history_of(customer) if customer else Consent.objects.none()

    @extend_schema(summary="List a customer's consent history")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What they agreed or objected to, and how we know."""
        return super().list(request, *args, **kwargs)
