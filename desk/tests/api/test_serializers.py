"""What the API shows of a case, and to whom; and what it takes for a decision."""

import pytest

from core.cases.models import Case
from shipping.models import Shipment
from shipping.tests.exceptions.test_cases import in_state, open_case

URL = "/api/v1/exceptions/"
SHIPPING = ("exceptions:read", "exceptions:write", "shipping:read", "shipping:write")
SHOWN = "id kind label subject_type subject_id provider title happened said opened_at closed_at"


def act(client, case, body, name="retry"):
    return client.post(f"{URL}{case.pk}/actions/{name}/", body, format="json")


@pytest.fixture
def answered(db) -> Case:
    """A case with what the carrier wrote about it."""
    return open_case(in_state("rejected", last_error="refused: 422"))


def test_a_case_in_the_list_is_just_this(answered, api):
    [row] = api().get(URL).json()["results"]
    assert set(row) == {
        *SHOWN.split(),
        "closed_by",
        "closing_reason",
        "assignee",
        "snoozed_until",
        "due_at",
    }
    assert (row["label"], row["subject_type"]) == ("Rejected", "shipping.shipment")


def test_what_a_person_typed_is_shown_to_who_sees_no_addresses(answered, api):
    """What carriers wrote is not: shipping/tests/providers/test_carriers_texts.py."""
    client = api(*SHIPPING)
    act(client, answered, {"reason": "refused: 2 of 3 flats"})
    steps = client.get(f"{URL}{answered.pk}/").json()["events"]
    assert "refused: 2 of 3 flats" in [step["detail"] for step in steps]


def test_an_action_says_what_it_wants_to_know(api):
    case = open_case(in_state("rejected"))
    actions = {each["name"]: each for each in api().get(f"{URL}{case.pk}/").json()["actions"]}
    fields = {field["name"]: field for field in actions["correct"]["fields"]}
    assert fields["recipient"]["required"] is True
    assert fields["line_2"]["required"] is False
    assert "GB" in fields["country"]["choices"]
    assert actions["close"]["needs_reason"] is True
    assert actions["retry"]["roles"] == ["fulfilment", "manager"]


def test_a_closed_case_says_who_closed_it_and_why(answered, api):
    client = api()
    act(client, answered, {"reason": "It is a test parcel"}, "close")
    shown = client.get(f"{URL}{answered.pk}/").json()
    assert (shown["closing_reason"], shown["actions"]) == ("It is a test parcel", [])
    assert shown["closed_by"].startswith("client:")
    assert shown["closed_at"]


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"reason": "x" * 501}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": "\x00because"}, "reason"),
        ({"despite_risk": "yes"}, "despite_risk"),
        ({"despite_risk": 1}, "despite_risk"),
        ({"despite_risk": None}, "despite_risk"),
        ({"fields": []}, "fields"),
        ({"fields": "provider"}, "fields"),
        ({"fields": {"provider": ["a"]}}, "fields.provider"),
        ({"fields": {"provider": "x" * 501}}, "fields.provider"),
    ],
)
def test_what_cannot_be_read_of_a_decision_is_named_and_nothing_is_done(answered, api, body, attr):
    answer = act(api(), answered, body)
    assert answer.status_code == 400, answer.json()
    assert [error["attr"] for error in answer.json()["errors"]] == [attr]
    assert Shipment.objects.get().state == "rejected"
    assert answered.events.count() == 1


def test_the_longest_reason_is_kept_whole(answered, api):
    reason = "a reason " * 50
    assert act(api(), answered, {"reason": reason}).status_code == 200
    assert answered.events.get(kind="retry").detail == reason.strip()
