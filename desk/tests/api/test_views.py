"""The exceptions queue over HTTP: what went wrong, to whom it may be shown, and what is done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.cases.models import Case
from shipping.models import ProviderProfile, Shipment
from shipping.tests.exceptions.test_cases import in_state, open_case
from shipping.tests.factories import queued_shipment, store, tracked

URL = "/api/v1/exceptions/"


def act(client, case, name, body=None, **headers):
    return client.post(f"{URL}{case.pk}/actions/{name}/", body or {}, format="json", **headers)


def test_the_oldest_comes_first_with_what_happened_and_what_was_said(api):
    first = open_case(in_state("rejected", last_error="422: no such street"))
    open_case(in_state("unknown"))
    [shown, other] = api().get(URL).json()["results"]
    assert (shown["id"], shown["kind"]) == (first.pk, "shipment-rejected")
    assert (shown["said"], shown["provider"]) == ("422: no such street", "reference")
    assert shown["opened_at"] <= other["opened_at"]
    assert shown["closed_at"] is None


def test_the_list_takes_one_statement_whatever_it_holds(api, django_assert_max_num_queries):
    client = api()
    for _ in range(3):
        in_state("rejected")
    with django_assert_max_num_queries(2):
        client.get(URL)


def test_the_list_is_filtered_by_kind_age_provider_and_whether_it_is_open(api):
    old, young = open_case(in_state("rejected")), open_case(in_state("unknown"))
    Case.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(hours=30))
    Case.objects.filter(pk=young.pk).update(closed_at=timezone.now(), source="console")
    client = api()

    def ids_of(query: str) -> list[int]:
        return [row["id"] for row in client.get(f"{URL}?{query}").json()["results"]]

    assert ids_of("age_hours=24") == ids_of("open=true") == ids_of("provider=reference") == [old.pk]
    assert ids_of("kind=shipment-unknown") == ids_of("open=false") == [young.pk]
    assert client.get(f"{URL}?kind=nonsense").status_code == 400
    assert client.get(f"{URL}?open=x").status_code == 400
    assert client.get(f"{URL}?open=2").status_code == 400


def test_a_token_sees_only_the_kinds_of_the_apps_that_it_may_read(api):
    case = open_case(in_state("rejected"))
    outsider = api("exceptions:read", "exceptions:write", "notifications:read")
    assert outsider.get(URL).json()["results"] == []
    assert outsider.get(f"{URL}{case.pk}/").status_code == 404
    assert act(outsider, case, "retry").status_code == 404
    assert Shipment.objects.get().state == "rejected"


def test_who_may_only_read_shipping_does_not_act_on_it(api):
    case = open_case(in_state("rejected"))
    reader = api("exceptions:read", "exceptions:write", "shipping:read")
    answer = act(reader, case, "retry")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "insufficient_scope")
    assert Shipment.objects.get().state == "rejected"
    assert case.events.count() == 1


def test_a_case_shows_its_history_and_what_can_be_done(api):
    case = open_case(in_state("unknown", doubtful=True))
    shown = api().get(f"{URL}{case.pk}/").json()
    assert [step["kind"] for step in shown["events"]] == ["opened"]
    actions = {action["name"]: action for action in shown["actions"]}
    assert list(actions) == ["retry", "ask", "taken", "send-by", "cancel", "close"]
    assert actions["retry"]["obstacle"] == ""
    assert "may have it already" in actions["send-by"]["obstacle"]
    [field] = actions["send-by"]["fields"]
    assert (field["name"], field["required"]) == ("provider", True)
    assert "console" in field["choices"]


def test_a_provider_that_is_switched_off_is_not_offered(api):
    ProviderProfile.objects.update_or_create(provider="console", defaults={"is_active": False})
    case = open_case(in_state("unknown", doubtful=True))
    actions = {each["name"]: each for each in api().get(f"{URL}{case.pk}/").json()["actions"]}
    assert "console" not in actions["send-by"]["fields"][0]["choices"]


def test_an_action_answers_with_the_case_as_it_is_then(api):
    case = open_case(in_state("rejected"))
    answer = act(api(), case, "retry", {"reason": "They mended it"})
    assert answer.status_code == 200
    assert answer.json()["closing_reason"] == "It is sent again."
    assert answer.json()["actions"] == []
    assert case.events.get(kind="retry").actor == answer.json()["closed_by"]


def test_an_action_under_the_same_key_is_done_once(api):
    case, client = open_case(in_state("rejected")), api()
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first, second = act(client, case, "retry", **key), act(client, case, "retry", **key)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert act(client, case, "retry").status_code == 409


def test_what_is_unsafe_is_a_409_until_it_is_said(api):
    case, client = open_case(in_state("unknown", doubtful=True)), api()
    body = {"fields": {"provider": "console"}, "reason": "They lost it"}
    answer = act(client, case, "send-by", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "unsafe")
    assert Shipment.objects.get().provider == "reference"
    assert act(client, case, "send-by", body | {"despite_risk": True}).status_code == 200
    assert Shipment.objects.get().provider == "console"


def test_what_could_not_be_delivered_goes_to_another_address_as_a_second_parcel(api):
    first, client = in_state("failed-to-deliver"), api()
    case = open_case(first)
    shown = {each["name"]: each for each in client.get(f"{URL}{case.pk}/").json()["actions"]}
    assert list(shown) == ["resend-parcel", "hold", "return", "cancel", "close"]
    assert shown["resend-parcel"]["roles"] == ["fulfilment", "manager"]
    fields = {"line_1": "1 New Street", "later_too": "false"}
    answer = act(client, case, "resend-parcel", {"fields": fields})
    assert (answer.status_code, answer.json()["closed_at"] is None) == (200, False)
    assert Shipment.objects.get(resend_of=first).line_1 == "1 New Street"
    assert act(client, case, "resend-parcel", {"fields": fields}).status_code == 409


def test_part_of_an_address_can_be_corrected(api):
    case = open_case(in_state("rejected"))
    answer = act(api(), case, "correct", {"fields": {"postcode": "W2 1AA"}})
    assert answer.status_code == 200, answer.json()
    shipment = Shipment.objects.get()
    assert (shipment.postcode, shipment.state) == ("W2 1AA", "queued")
    assert "W2 1AA" not in str(answer.json())


@pytest.mark.parametrize(
    ("name", "body", "attr"),
    [
        ("correct", {"fields": {"postcode": "x" * 36}}, "postcode"),
        ("correct", {"fields": {"planet": "Mars"}}, "planet"),
        ("correct", {"fields": {"postcode": 7}}, "fields.postcode"),
        ("send-by", {"fields": {"provider": "nobody"}}, "provider"),
        ("send-by", {}, "provider"),
        ("close", {}, "reason"),
        ("retry", {"because": "so"}, "because"),
    ],
)
def test_bad_input_is_a_400_by_field_and_changes_nothing(api, name, body, attr):
    case = open_case(in_state("rejected"))
    answer = act(api(), case, name, body)
    assert answer.status_code == 400, answer.json()
    assert answer.json()["errors"][0]["attr"] == attr
    assert Shipment.objects.get().state == "rejected"
    assert case.events.count() == 1


def test_an_action_that_there_is_not_is_a_404(api):
    case = open_case(in_state("rejected"))
    assert act(api(), case, "explode").status_code == 404
    assert act(api(), case, "taken").status_code == 404


def test_a_parked_event_is_given_to_its_shipment(api):
    store("reference", tracked("typo-1", "in-transit"))
    shipment = queued_shipment(state="sent")
    body = {"reason": "They mistyped it", "fields": {"reference": shipment.reference}}
    assert act(api(), Case.objects.get(), "assign", body).status_code == 200
    assert shipment.tracking_events.count() == 1
