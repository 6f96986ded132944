"""Costs over HTTP."""

import django_filters
from django.forms import DateField
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from core.api.filters import FilterForm, FilterSet, TokenFilter
from core.api.pagination import CursorPagination, OrderingFilter
from core.api.serializers import ModelSerializer
from notifications.channels import channel_choices
from notifications.models import DailyCost


class DailyCostSerializer(ModelSerializer):
    """A day, a channel and a service. Without a currency the service named no price."""

    class Meta:
        model = DailyCost
        fields = ["id", "day", "channel", "provider", "messages", "amount", "currency"]
        read_only_fields = fields


class DayFilter(django_filters.DateFilter):
    """Filters by a day, as YYYY-MM-DD only."""

    field_class = DateField

    def __init__(self, lookup_expr: str, help_text: str) -> None:
        super().__init__(
            field_name="day",
            lookup_expr=lookup_expr,
            help_text=help_text,
            input_formats=["%Y-%m-%d"],
        )


class CostFilter(FilterSet):
    """By days, channel, service and currency."""

    day_from = DayFilter("gte", "That day or later.")
    day_to = DayFilter("lte", "That day or earlier.")
    channel = django_filters.ChoiceFilter(choices=channel_choices())
    provider = TokenFilter(max_length=30)
    currency = TokenFilter(max_length=3)

    class Meta:
        model = DailyCost
        form = FilterForm
        fields: list[str] = []


class ByDay(CursorPagination):
    """The newest days first."""

    ordering = ("-day", "-id")  # type: ignore[assignment]  # several columns are fine


@extend_schema_view(list=extend_schema(summary="List costs by day, channel and service"))
class CostViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[DailyCost]):
    """What messages cost, by the services' own answers: exact, in the service's currency."""

    queryset = DailyCost.objects.all()
    serializer_class = DailyCostSerializer
    pagination_class = ByDay
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_class = CostFilter
    ordering_fields = ["day", "id"]
    ordering = ["-day", "-id"]
    read_scopes = ("notifications:read",)
