"""Who sees to an exception, over HTTP: take, hand over, give back, note, snooze, wake."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core import cases
from core.api.idempotency import idempotent
from core.api.serializers import Serializer, TextField, validated
from core.bases import MixinBase
from core.cases import handling
from core.cases.models import Case
from desk.api.serializers import LONGEST_REASON, CaseDetailSerializer
from desk.exceptions.rights import check_may_be_given
from identity.actors import actor_of
from identity.models import User
from identity.tokens.errors import InsufficientScopeError

CLOSED = "409 when it is closed."


class RemarkSerializer(Serializer):
    """Why, as it is kept with the case."""

    reason = TextField(
        required=False,
        default="",
        allow_blank=True,
        max_length=LONGEST_REASON,
        help_text="Kept with the case; no personal data.",
    )


class TakeSerializer(Serializer):
    """From whom it is taken, if from anybody."""

    seen = TextField(
        required=False,
        default="",
        allow_blank=True,
        max_length=100,
        help_text="Its `assignee` when you looked: needed to take it from somebody.",
    )


class HandOverSerializer(RemarkSerializer):
    """To whom it is given."""

    to = TextField(
        max_length=150, help_text="The name by which a colleague signs in who may act on it."
    )


class NoteSerializer(Serializer):
    """What is to be noted."""

    reason = TextField(max_length=LONGEST_REASON, help_text="The note; no personal data.")


class SnoozeSerializer(RemarkSerializer):
    """Until when it is put off."""

    until = serializers.DateTimeField(help_text="Within the next three months.")


def verb(
    summary: str, description: str, takes: type[Serializer], **options: Any
) -> Callable[[Any], Any]:
    """A POST that does something with a case itself, and answers with the case."""

    def decorate(run: Any) -> Any:
        post = action(
            detail=True, methods=["post"], filter_backends=[], pagination_class=None, **options
        )(idempotent(run))
        return extend_schema(
            summary=summary,
            description=f"{description} {CLOSED} Needs the write scope of the app that the "
            "exception belongs to, too.",
            request=takes,
            responses={200: CaseDetailSerializer},
        )(post)

    return decorate


class CaseHandling(MixinBase):
    """What is done with a case itself; none of it closes the case, or keeps others from acting."""

    @verb(
        "Take an exception",
        "Colleagues see that you are at it. 409 when somebody else has it, unless you name them "
        "as `seen`.",
        TakeSerializer,
    )
    def take(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take it."""
        return self._handled(request, TakeSerializer, handling.take)

    @verb(
        "Give an exception back",
        "Anybody may take it then. 409 when nobody has it.",
        RemarkSerializer,
        url_path="give-back",
    )
    def give_back(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let anybody take it."""
        return self._handled(request, RemarkSerializer, handling.give_back)

    @verb(
        "Hand an exception over",
        "To a colleague who may act on it. 409 when they have it already.",
        HandOverSerializer,
        url_path="hand-over",
    )
    def hand_over(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give it to somebody."""

        def run(case: Case, *, by: str, to: str, reason: str) -> None:
            person = check_may_be_given(case, User.objects.filter(username=to).first())
            handling.hand_over(case, by=by, to=person.actor, reason=reason)

        return self._handled(request, HandOverSerializer, run)

    @verb("Add a note to an exception", "It stands among its `events`.", NoteSerializer)
    def note(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write something down."""
        return self._handled(request, NoteSerializer, handling.note)

    @verb(
        "Snooze an exception",
        "It leaves the queue of staff, and comes back by itself: then, or when something new "
        "happens.",
        SnoozeSerializer,
    )
    def snooze(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put it off."""
        return self._handled(request, SnoozeSerializer, handling.snooze)

    @verb(
        "Wake a snoozed exception",
        "It is back in the queue at once. 409 when it is there.",
        RemarkSerializer,
    )
    def wake(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Put it back into the queue."""
        return self._handled(request, RemarkSerializer, handling.wake)

    def _handled(self, request: Request, form: type[Serializer], run: Any) -> Response:
        case = self.get_object()
        self.check_may_write(case)
        run(case, by=actor_of(request), **validated(form, request.data))
        return self.shown()

    def check_may_write(self, case: Case) -> None:
        """Raise InsufficientScopeError when the token may only read the app of the case."""
        kind = cases.kind(case.kind)
        if kind.write_scope not in getattr(self.request.auth, "scopes", frozenset()):
            raise InsufficientScopeError((*self.write_scopes, kind.write_scope))

    def shown(self) -> Response:
        """The case as it is now."""
        shown = CaseDetailSerializer(self.get_object(), context=self.get_serializer_context())
        return Response(shown.data)
