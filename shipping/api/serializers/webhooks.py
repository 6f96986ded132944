"""The shape of the reference provider's webhook."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import ChoiceField, Serializer
from shipping.states import RANKS

LONGEST_TEXT = 35


# Not all that it lets pass is a date, nor in the past: the adapter reads it.
_WALL_CLOCK = (
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3])(:[0-5][0-9]){2}$"
)


@extend_schema_field({"type": "string", "pattern": _WALL_CLOCK})
class WallClockField(serializers.CharField):
    """A time without a zone."""


class ReferenceEventSerializer(Serializer):
    """An event of the reference provider (requirement C2). Other providers have their own shape."""

    order_id = serializers.CharField(max_length=LONGEST_TEXT)
    event_name = ChoiceField(list(RANKS))
    event_time = WallClockField(help_text="`2023-05-19 13:18:45`, in the provider's time zone.")


class StoredSerializer(Serializer):
    """The event is kept."""

    status = ChoiceField(["stored"])
