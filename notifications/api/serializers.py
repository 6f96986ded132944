"""The shapes of notifications in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.filters import LARGEST_ID
from core.api.serializers import CharField, ChoiceField, IntegerField, ModelSerializer, TextField
from customers.models import Customer
from notifications.channels import channel_choices
from notifications.content.rendering import LONGEST_MESSAGE, LONGEST_SUBJECT
from notifications.models import Notification
from notifications.services import notify

# What the service takes, in a regular expression: no control characters but tab and line breaks,
# nothing that turns the writing around, and not only blanks.
_CONTROL = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202d\u202e"
_PLAIN_TEXT = rf"^[^{_CONTROL}]*[^\s{_CONTROL}][^{_CONTROL}]*$"


@extend_schema_field(
    {"type": "string", "minLength": 1, "maxLength": LONGEST_MESSAGE, "pattern": _PLAIN_TEXT}
)
class MessageField(TextField):
    """Plain text, checked by the service as it came: DRF would strip control characters off."""


class NotificationSerializer(ModelSerializer):
    """A message to a customer. `reason` says why it failed, waits or was suppressed."""

    message = serializers.CharField(
        source="shown_message",
        read_only=True,
        help_text="What was said; a link by which the customer acts is cut short.",
    )
    status = serializers.CharField(source="state", read_only=True)
    reason = serializers.CharField(source="last_error", read_only=True)

    class Meta:
        model = Notification
        fields = [
            "id",
            "customer",
            "order",
            "shipment",
            "channel",
            "recipient",
            "message",
            "status",
            "reason",
            "attempts",
            "created_at",
            "sent_at",
            "delivered_at",
        ]
        read_only_fields = fields


class NewNotificationSerializer(ModelSerializer):
    """A message to send. Without a channel it goes by the first that reaches the customer."""

    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.all(),
        pk_field=IntegerField(min_value=1, max_value=LARGEST_ID),
    )
    message = MessageField(max_length=LONGEST_MESSAGE, trim_whitespace=False)
    channel = ChoiceField(choices=channel_choices(), required=False)
    subject = CharField(
        max_length=LONGEST_SUBJECT,
        required=False,
        help_text="Where the channel has a place for it. Without one an e-mail gets a plain one.",
    )

    class Meta:
        model = Notification
        fields = ["customer", "message", "channel", "subject"]

    def create(self, validated_data: dict[str, Any]) -> Notification:
        """Write the notification; a ValidationError when the customer cannot be reached so."""
        return notify(**validated_data)

    def to_representation(self, instance: Notification) -> dict[str, Any]:
        """As every notification is shown."""
        return NotificationSerializer(instance).data
