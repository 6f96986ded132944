"""The shapes of what Africa's Talking posts to us."""

from typing import Any

from rest_framework import serializers

from customers.values.phone_numbers import e164


class PhoneField(serializers.CharField):
    """A phone number as they write it, given on in E.164."""

    def to_internal_value(self, data: Any) -> str:
        """The number. A ValidationError when no country has it."""
        number = e164(super().to_internal_value(data))
        if not number:
            raise serializers.ValidationError("This is not a phone number.")
        return number


class DeliverySerializer(serializers.Serializer[Any]):
    """Africa's Talking's delivery report. What they add to it one day is let pass."""

    id = serializers.RegexField(r"^[!-~]+\Z", max_length=100)
    status = serializers.CharField()
    phoneNumber = PhoneField(max_length=30)
    networkCode = serializers.CharField(required=False, allow_blank=True)
    failureReason = serializers.CharField(required=False, allow_blank=True)
    retryCount = serializers.CharField(required=False, allow_blank=True)


class OptOutSerializer(serializers.Serializer[Any]):
    """Africa's Talking's notice that somebody wants no more messages."""

    senderId = serializers.CharField(required=False, allow_blank=True)
    phoneNumber = PhoneField(max_length=30)


class InboundSerializer(serializers.Serializer[Any]):
    """An SMS that somebody wrote to us, as Africa's Talking posts it; its other fields pass."""

    def get_fields(self) -> dict[str, Any]:
        """Their names, one of which is a word of Python."""
        return {"from": PhoneField(max_length=30), "text": serializers.CharField(allow_blank=True)}
