"""What a parcel's provider wrote and reported, as the API shows it to this caller."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core.api.serializers import ChoiceField, Serializer
from core.workflow import Event
from shipping.api.serializers.quoted_answers import strip_quoted_answer
from shipping.states import RANKS

MOST_SHOWN = 50
# Whoever has it sees where orders go, and so may read what carriers write about it.
ADDRESS_SCOPE = "orders:read"


def sees_addresses(request: Request | None) -> bool:
    """Whether the caller's token shows it addresses."""
    return ADDRESS_SCOPE in getattr(getattr(request, "auth", None), "scopes", frozenset())


def typed_by_a_person(actor: str) -> bool:
    """Whether the texts of this actor are a person's own, or a client's."""
    return actor.startswith(("user:", "client:"))


class ReasonField(serializers.CharField):
    """A text of ours. One from before carriers' words were kept apart may hold them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: str) -> str:
        """Those words only for whoever sees addresses."""
        return value if sees_addresses(self.context.get("request")) else strip_quoted_answer(value)


class DetailField(ReasonField):
    """The detail of an event: a reason, unless a person wrote it."""

    def get_attribute(self, instance: Event) -> Any:
        """The event: who wrote it counts."""
        return instance

    def to_representation(self, value: Any) -> str:
        """What a person typed is shown as it is."""
        is_typed = typed_by_a_person(value.actor)
        return value.detail if is_typed else super().to_representation(value.detail)


class AnswerField(serializers.CharField):
    """What the provider wrote, as far as it may be shown."""

    def __init__(self, **options: Any) -> None:
        text = "What the provider wrote to that, which may quote the address: null without "
        given = {"read_only": True, "source": "last_answer", "allow_null": True}
        super().__init__(**{**given, "help_text": f"{text}`{ADDRESS_SCOPE}`.", **options})

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]  # null for who may not see it
        """Its words, for whoever sees addresses."""
        return value if sees_addresses(self.context.get("request")) else None


class ReportSerializer(Serializer):
    """Something that the provider reported, whether it moved the parcel or not."""

    event_name = ChoiceField(
        list(RANKS), allow_null=True, help_text="Null when we do not know the status."
    )
    event_time = serializers.DateTimeField(
        allow_null=True, help_text="When it happened, by the provider's clock."
    )
    received_at = serializers.DateTimeField(help_text="When it came, by ours.")
    raw_status = serializers.CharField(
        allow_null=True,
        help_text="The provider's own word or code. One that we do not know may name people: it is "
        f"null without `{ADDRESS_SCOPE}`.",
    )
