"""The form of a decision: what must be said, and what is kept of it."""

from typing import Any

import pytest
from django import forms
from django.test import RequestFactory

from core.cases import Action
from core.forms import TextField
from desk.admin.forms import LONGEST_REASON, DecisionForm, decision_form


class Asked(forms.Form):
    """One field of each look."""

    house = TextField(max_length=20)
    carrier = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    later_too = forms.BooleanField(required=False)


def form_of(sent: dict[str, str] | None = None, **options: Any) -> DecisionForm:
    action = Action("test", "Test", "core.change_case", **options)
    http = RequestFactory()
    request = http.get("/") if sent is None else http.post("/", sent)
    return decision_form(action, object(), request)


def test_a_reason_may_be_left_out_where_none_is_needed():
    form = form_of({"reason": ""})
    assert form.is_valid()
    assert form.cleaned_data == {"reason": ""}


@pytest.mark.parametrize("reason", ["", "ok", "    \n  ", "x" * (LONGEST_REASON + 1), "\x00" * 9])
def test_a_needed_reason_is_one_that_somebody_can_understand(reason):
    form = form_of({"reason": reason}, needs_reason=True)
    assert list(form.errors) == ["reason"]


def test_the_longest_reason_is_taken():
    assert form_of({"reason": "x" * LONGEST_REASON}, needs_reason=True).is_valid()


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        ({}, {"reason", "despite_risk"}),
        ({"reason": "They lost it"}, {"despite_risk"}),
        ({"despite_risk": "on"}, {"reason"}),
        ({"despite_risk": "on", "reason": "They lost it"}, set()),
    ],
)
def test_an_obstacle_is_passed_by_a_tick_and_a_reason_only(sent, missing):
    form = form_of(sent, risk=lambda _: "They may have it.")
    assert (form.obstacle, set(form.errors)) == ("They may have it.", missing)


def test_nothing_asks_for_a_tick_where_nothing_speaks_against_it():
    form = form_of({})
    assert (form.obstacle, "despite_risk" in form.fields) == ("", False)


def test_a_form_that_was_not_sent_complains_of_nothing_and_is_filled_in():
    form = form_of(form=Asked, initial=lambda _: {"house": "1 New Street"}, needs_reason=True)
    assert not form.errors
    assert form["house"].value() == "1 New Street"


def test_what_was_typed_stays_in_a_form_that_is_refused():
    sent = {"house": "2 Old Street", "carrier": "c", "reason": "They moved"}
    form = form_of(sent, form=Asked, initial=lambda _: {"house": "1 New Street"})
    assert set(form.errors) == {"carrier"}
    assert form["house"].value() == "2 Old Street"
    assert form["reason"].value() == "They moved"


def test_the_fields_of_an_action_keep_their_limits_and_choices_under_the_look_of_the_admin():
    form = form_of(form=Asked)
    assert form.fields["house"].widget.attrs["maxlength"] == "20"
    assert [value for value, _ in form.fields["carrier"].widget.choices] == ["a", "b"]
    assert all("unfold" in type(field.widget).__module__ for field in form.fields.values())


def test_one_decision_leaves_the_form_of_the_action_as_it_was():
    assert "despite_risk" in form_of({}, form=Asked, risk=lambda _: "They may have it.").fields
    assert set(Asked.base_fields) == {"house", "carrier", "later_too"}
