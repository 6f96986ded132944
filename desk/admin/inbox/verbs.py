"""What is done with a case itself, as actions: take, hand over, give back, note, snooze, wake.

Their `run` is given the case, not what it is about; permissions are those of cases.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localtime, make_aware

from core import cases
from core.cases import Action, handling
from core.cases.models import Case
from core.database import clock
from desk.exceptions.rights import CHANGE, acts_on, check_may_be_given, colleagues
from identity.models import User

MORNING = time(8)
SNOOZES = {"1h": "an hour", "4h": "four hours", "1d": "tomorrow, 8:00", "monday": "Monday, 8:00"}


class SnoozeForm(forms.Form):
    """Until when."""

    until = forms.ChoiceField(choices=[*SNOOZES.items(), ("day", "the day below, 8:00")])
    day = forms.DateField(required=False, help_text="Where no other moment is chosen.")

    def clean(self) -> dict[str, Any]:
        """The moment in place of what was chosen. Raises ValidationError without a day."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        chosen, day = given.get("until"), given.pop("day", None)
        if chosen == "day" and day is None:
            raise ValidationError({"day": "Choose a day."})
        if chosen:
            given["until"] = _moment(chosen, day)
        return given


def _moment(chosen: str, day: Any) -> datetime:
    now = clock.now()
    if chosen.endswith("h"):  # not by the clock on the wall, which may be put forward meanwhile
        return now + timedelta(hours=int(chosen[:-1]))
    today = localtime(now).date()
    if chosen == "1d":
        day = today + timedelta(days=1)
    elif chosen == "monday":
        day = today + timedelta(days=7 - today.weekday())
    return make_aware(datetime.combine(day, MORNING))


TAKE = Action("take", "Take", CHANGE, "Colleagues see that you are at it.", run=handling.take)
GIVE_BACK = Action(
    "give-back", "Give back", CHANGE, "Anybody may take it then.", run=handling.give_back
)
NOTE = Action(
    "note",
    "Add a note",
    CHANGE,
    "It stands in the case's history.",
    needs_reason=True,
    run=handling.note,
)
SNOOZE = Action(
    "snooze",
    "Snooze",
    CHANGE,
    "It leaves the queue, and comes back by itself: then, or when something new happens.",
    form=SnoozeForm,
    run=handling.snooze,
)
WAKE = Action("wake", "Put it back into the queue", CHANGE, run=handling.wake)
NAMES = ("take", "hand-over", "give-back", "note", "snooze", "wake")
# After these the person is done with the case: the next one is shown.
LEAVE_IT = ("hand-over", "give-back", "snooze")


def hand_over(*kinds: cases.Kind) -> Action:
    """Hand over, to one of the colleagues who may act on cases of these kinds."""
    people = [(str(person.pk), name_of(person)) for person in colleagues(*kinds)]

    class ColleagueForm(forms.Form):
        to = forms.ChoiceField(label="Colleague", choices=people)

    return Action(
        "hand-over",
        "Hand over",
        CHANGE,
        "To a colleague who may act on it.",
        form=ColleagueForm,
        run=_hand_over,
    )


def named(name: str, *kinds: cases.Kind) -> Action | None:
    """The verb of this name; None when there is none."""
    if name == "hand-over":
        return hand_over(*kinds)
    known = {verb.name: verb for verb in (TAKE, GIVE_BACK, NOTE, SNOOZE, WAKE)}
    return known.get(name)


def allowed(user: Any, case: Case) -> Sequence[str]:
    """The names of those that this person has the right to, whatever the case's state.

    Who may not act on it may say something, and give it to somebody who may.
    """
    if not user.has_perm(CHANGE):
        return ()
    return NAMES if acts_on(user, cases.kind(case.kind)) else ("hand-over", "note")


def offered(case: Case, user: Any) -> list[str]:
    """The names of what this person can do with it now."""
    if case.closed_at:
        return []
    snoozed = handling.is_snoozed(case)
    senseless = {
        "take": case.assignee == user.actor,
        "give-back": not case.assignee,
        "snooze": snoozed,
        "wake": not snoozed,
    }
    return [name for name in allowed(user, case) if not senseless.get(name)]


def name_of(person: User) -> str:
    """A colleague, by name and by what they sign in as."""
    return (
        f"{person.get_full_name()} ({person.username})" if person.get_full_name() else str(person)
    )


def _hand_over(case: Case, *, by: str, to: str, reason: str = "") -> None:
    """Raises ValidationError (`to`) for whoever may not act on it."""
    person = check_may_be_given(case, User.objects.filter(pk=to).first())
    handling.hand_over(case, by=by, to=person.actor, reason=reason)


def run(verb: Action, case: Case, *, by: str, given: dict[str, Any], seen: str = "") -> None:
    """Do it to a case. `seen`: who had it when the page was drawn."""
    fields: dict[str, Any] = dict(given)
    if verb.name == "take":
        fields = {"seen": seen}
    if verb.run is not None:
        verb.run(case, by=by, **fields)


def labels(names: Sequence[str]) -> dict[str, str]:
    """What the buttons of these verbs say."""
    known = {verb.name: verb.label for verb in (TAKE, GIVE_BACK, NOTE, SNOOZE, WAKE)}
    return {name: known.get(name, "Hand over") for name in names}
