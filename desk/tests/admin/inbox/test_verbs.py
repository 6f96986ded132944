"""What is done with a case itself, on its pages."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from core import cases
from core.cases import handling
from core.cases.models import Case
from desk.admin.inbox import verbs
from desk.exceptions.rights import colleagues
from identity.tests.factories import browser_of, staff
from shipping.tests.exceptions.test_cases import in_state, open_case

URL = "/admin/core/case/"


@pytest.fixture
def case(db) -> Case:
    return open_case(in_state("rejected"))


@pytest.fixture
def fred(db):
    return staff("fulfilment", username="fred", first_name="Fred", last_name="Fulfilment")


@pytest.fixture
def sara(db):
    return staff("support", username="sara", first_name="Sara", last_name="Support")


def page(client: Client, case: Case) -> str:
    return client.get(f"{URL}{case.pk}/change/").content.decode()


def last_step(case: Case) -> tuple[str, str, str]:
    event = case.events.order_by("-id")[0]
    return event.kind, event.actor, event.detail


def test_take_is_one_click_and_everybody_sees_it(case, fred, sara):
    client = browser_of(fred)
    assert "Nobody has taken it." in page(client, case)
    answer = client.post(f"{URL}{case.pk}/take/", {"seen": ""})
    assert answer.headers["Location"].endswith(f"/{case.pk}/change/")
    assert last_step(case) == ("assigned", fred.actor, "")
    assert "You have taken it." in page(client, case)
    assert "fred has taken it." in page(browser_of(sara), case)


def test_a_case_that_another_took_meanwhile_is_not_taken_unseen(case, fred):
    other = staff("fulfilment", username="olga")
    handling.take(case, by=other.actor)
    answer = browser_of(fred).post(f"{URL}{case.pk}/take/", {"seen": ""})
    assert answer.status_code == 422
    assert "olga has taken it meanwhile" in answer.content.decode()
    sent = browser_of(fred).post(f"{URL}{case.pk}/take/", {"seen": other.actor})
    assert sent.status_code == 302
    assert last_step(case) == ("assigned", fred.actor, f"from {other.actor}")


def test_who_may_not_act_hands_it_over_to_somebody_who_may(case, fred, sara):
    client = browser_of(sara)
    shown = page(client, case)
    assert "Fred Fulfilment (fred)" in shown
    assert "/take/" not in shown
    dialog = client.get(f"{URL}{case.pk}/hand-over/").content.decode()
    assert "Fred Fulfilment (fred)" in dialog
    assert "Sara Support" not in dialog.split("<main")[1]
    sent = {"to": str(fred.pk), "reason": "Please look at the street"}
    assert client.post(f"{URL}{case.pk}/hand-over/", sent).status_code == 302
    case.refresh_from_db()
    assert case.assignee == fred.actor
    assert last_step(case)[2] == f"to {fred.actor}. Please look at the street"


def test_nothing_is_handed_over_to_who_may_not_act(case, fred, sara):
    sent = {"to": str(sara.pk)}
    assert browser_of(fred).post(f"{URL}{case.pk}/hand-over/", sent).status_code == 422
    case.refresh_from_db()
    assert case.assignee == ""


def test_colleagues_are_those_who_may_act_and_sign_in(case, fred, sara):
    gone = staff("fulfilment", username="gone", is_active=False)
    no_staff = staff("fulfilment", username="no-staff", is_staff=False)
    chief = staff(is_superuser=True)
    able = set(colleagues(cases.kind(case.kind)))
    assert {fred, chief} <= able
    assert not able & {gone, no_staff, sara, staff("clinician")}


def test_a_note_is_in_the_history(case, sara):
    client = browser_of(sara)
    assert client.post(f"{URL}{case.pk}/note/", {"reason": ""}).status_code == 422
    client.post(f"{URL}{case.pk}/note/", {"reason": "They call back at four"})
    assert "They call back at four" in page(client, case)


@pytest.mark.parametrize(
    ("chosen", "day", "until"),
    [
        ("1h", "", "2026-03-04 13:00"),
        ("4h", "", "2026-03-04 16:00"),
        ("1d", "", "2026-03-05 08:00"),
        ("monday", "", "2026-03-09 08:00"),
        ("day", "2026-03-20", "2026-03-20 08:00"),
    ],
    ids=["hour", "hours", "tomorrow", "monday", "day"],
)
@time_machine.travel("2026-03-04 12:00:00+00:00", tick=False)
def test_a_case_is_snoozed_until_a_moment_that_people_say(case, fred, settings, chosen, day, until):
    settings.TIME_ZONE = "UTC"
    client = browser_of(fred)
    sent = {"until": chosen, "day": day}
    assert client.post(f"{URL}{case.pk}/snooze/", sent).status_code == 302
    case.refresh_from_db()
    assert f"{case.snoozed_until:%Y-%m-%d %H:%M}" == until
    assert case not in client.get(URL).context["cl"].result_list
    assert case in client.get(f"{URL}?status=snoozed").context["cl"].result_list


def test_a_day_that_is_not_chosen_or_is_over_is_refused(case, fred):
    client = browser_of(fred)
    for sent in ({"until": "day"}, {"until": "day", "day": "2020-01-01"}):
        assert client.post(f"{URL}{case.pk}/snooze/", sent).status_code == 422
    case.refresh_from_db()
    assert case.snoozed_until is None


def test_a_snoozed_case_is_put_back_by_hand(case, fred):
    tomorrow = timezone.now() + timedelta(days=1)
    handling.snooze(case, by=fred.actor, until=tomorrow)
    client = browser_of(fred)
    assert "Put it back into the queue" in page(client, case)
    assert client.post(f"{URL}{case.pk}/wake/").status_code == 302
    assert case.title in client.get(URL).content.decode()


def test_a_closed_case_offers_nothing(case, fred):
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    case.refresh_from_db()
    assert verbs.offered(case, fred) == []
    answer = browser_of(fred).get(f"{URL}{case.pk}/note/", follow=True)
    assert "not possible now" in answer.content.decode()


@pytest.mark.parametrize("name", ["take", "snooze", "give-back", "wake"])
def test_who_may_not_act_neither_takes_nor_snoozes(case, sara, name):
    assert browser_of(sara).post(f"{URL}{case.pk}/{name}/", {"until": "1h"}).status_code == 403
    assert not case.events.exclude(kind="opened").exists()


def test_auditors_only_look(case):
    client = browser_of(staff("auditor"))
    assert client.post(f"{URL}{case.pk}/note/", {"reason": "Noted down"}).status_code == 403
    assert "Add a note" not in page(client, case)
