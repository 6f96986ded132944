"""One decision for many cases, shown before it is done; a report says what was left out and why."""

import pytest
from django.test import Client

from core import cases
from core.cases import CaseDraft, handling
from core.cases.models import Case
from customers.tests.factories import CustomerFactory
from identity.tests.factories import staff
from notifications.services import notify
from shipping.models import Shipment
from shipping.tests.exceptions.test_cases import in_state, open_case

URL = "/admin/core/case/together/"


@pytest.fixture
def fred(db):
    return staff("fulfilment", username="fred")


@pytest.fixture
def client(fred) -> Client:
    client = Client()
    client.force_login(fred, backend="django.contrib.auth.backends.ModelBackend")
    return client


def three() -> list[Case]:
    return [open_case(in_state("rejected")) for _ in range(3)]


def address(rows: list[Case], do: str = "") -> str:
    return f"{URL}?{'&'.join(f'case={row.pk}' for row in rows)}&do={do}"


def report(answer) -> tuple[set[str], dict[str, str]]:
    assert answer.status_code == 200
    shown = answer.context["report"]
    done = {each.case.title for each in shown["done"]}
    return done, {each.case.title: each.why for each in shown["left_out"]}


def test_the_list_leads_there(client):
    rows = three()
    sent = {"action": "together", "_selected_action": [row.pk for row in rows]}
    answer = client.post("/admin/core/case/", sent)
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).content.decode()
    assert "3 selected" in page
    assert "Send again" in page
    assert "Correct the address" not in page  # each would need its own


def test_nothing_is_done_before_it_was_seen(client):
    rows = three()
    page = client.get(address(rows, "retry")).content.decode()
    assert page.count("goes to reference again") == 3
    assert set(Shipment.objects.values_list("state", flat=True)) == {"rejected"}


def test_it_is_done_to_all_and_said(client):
    rows = three()
    done, left_out = report(client.post(address(rows, "retry"), {"reason": "Service is back"}))
    assert (done, left_out) == ({row.title for row in rows}, {})
    assert set(Shipment.objects.values_list("state", flat=True)) == {"queued"}
    assert not Case.objects.filter(closed_at=None).exists()


def test_what_changed_meanwhile_is_left_out_with_the_reason(client):
    changed, taken, fine = three()
    client.get(address([changed, taken, fine], "retry"))
    Shipment.objects.filter(pk=changed.subject_id).update(state="delivered")
    handling.take(taken, by="user:9 olga")
    answer = client.post(address([changed, taken, fine], "retry"), {"reason": ""})
    done, left_out = report(answer)
    assert done == {fine.title}
    assert left_out[taken.title] == "olga has taken it."
    assert "delivered" in left_out[changed.title]


def test_what_is_unsafe_needs_the_tick_and_a_reason(client):
    risky = open_case(in_state("unknown", doubtful=True, provider="console"))
    fine = open_case(in_state("rejected"))
    rows = [risky, fine]
    assert "Without the tick" in client.get(address(rows, "cancel")).content.decode()
    _, left_out = report(client.post(address(rows, "cancel"), {"reason": "Not wanted"}))
    assert set(left_out) == {risky.title}
    sent = {"reason": "Not wanted", "despite_risk": "on"}
    done, _ = report(client.post(address([risky], "cancel"), sent))
    assert done == {risky.title}


def test_kinds_that_one_may_not_act_on_are_left_out_and_it_says_who_may(client):
    mine = open_case(in_state("rejected"))
    message = notify(CustomerFactory.create(), message="Hello", channel="sms")
    cases.open([CaseDraft("message-failed", message.pk, "Message 1", "It was not sent.")])
    other = Case.objects.get(kind="message-failed", subject_id=message.pk)
    done, left_out = report(client.post(address([mine, other], "close"), {"reason": "No need"}))
    assert done == {mine.title}
    assert "Who may: " in left_out[other.title]


def test_many_are_taken_snoozed_and_handed_over_at_once(client, fred):
    rows = three()
    olga = staff("manager", username="olga")
    report(client.post(address(rows, "take")))
    assert set(Case.objects.values_list("assignee", flat=True)) == {fred.actor}
    report(client.post(address(rows, "hand-over"), {"to": str(olga.pk)}))
    assert set(Case.objects.values_list("assignee", flat=True)) == {olga.actor}
    report(client.post(address(rows, "snooze"), {"until": "4h"}))
    assert not Case.objects.filter(cases.awake()).exists()


def test_the_preview_takes_as_many_statements_whatever_is_selected(
    client, django_assert_max_num_queries
):
    rows = [*three(), *three()]
    with django_assert_max_num_queries(22):
        client.get(address(rows, "close"))


@pytest.mark.parametrize("asked", ["?case=x&do=retry", "?case=999999999", "?do=nothing"])
def test_odd_addresses_do_nothing(client, asked):
    case = open_case(in_state("rejected"))
    assert client.post(f"{URL}{asked}").status_code == 200
    case.refresh_from_db()
    assert case.closed_at is None


def test_who_only_looks_is_refused(db):
    client = Client()
    client.force_login(staff("auditor"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(URL).status_code == 403
