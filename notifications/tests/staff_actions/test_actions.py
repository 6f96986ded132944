"""What staff are offered about each kind of case, and who may do it."""

import pytest
from django.test import Client

from core import cases as queue
from core.cases.models import Case
from identity.tests.factories import staff
from notifications import cases
from notifications.models import Notification
from notifications.tests.factories import queued

pytestmark = pytest.mark.django_db
WHY = {"reason": "They telephoned"}


@pytest.fixture
def case() -> Case:
    row = queued()
    Notification.objects.update(state="failed")
    row.refresh_from_db()
    cases.keep_in_step([row], by="gateway", how="refused")
    return Case.objects.get()


def page(case: Case, name: str) -> str:
    return f"/admin/core/case/{case.pk}/{name}/"


def in_role(role: str) -> Client:
    client = Client()
    client.force_login(staff(role), "django.contrib.auth.backends.ModelBackend")
    return client


def state() -> str:
    return Notification.objects.get().state


def test_every_action_asks_for_the_right_to_change_messages():
    kinds = [kind for kind in queue.kinds() if kind.scope_prefix == "notifications"]
    assert len(kinds) == 6
    for kind in kinds:
        assert kind.view_permission == "notifications.view_notification"
        assert {action.permission for action in kind.actions} == {
            "notifications.change_notification"
        }
        assert all(kind.actions)


def test_support_sends_it_again(case):
    assert in_role("support").post(page(case, "resend"), WHY).status_code == 302
    assert state() == "queued"


def test_fulfilment_sees_it_and_does_nothing_about_it(case):
    client = in_role("fulfilment")
    assert client.get(f"/admin/core/case/{case.pk}/change/").status_code == 200
    for name in ("resend", "other-channel", "close"):
        assert client.post(page(case, name), WHY | {"channel": "email"}).status_code == 403
    assert (state(), Notification.objects.count()) == ("failed", 1)


@pytest.mark.parametrize("role", ["clinician", ""])
def test_who_sees_no_messages_sees_no_case_of_them(case, role):
    answer = in_role(role).get(f"/admin/core/case/{case.pk}/change/")
    assert answer.status_code in (302, 403)


@pytest.mark.parametrize("name", ["resend", "other-channel", "close"])
def test_each_of_them_needs_a_reason(case, name):
    sent = {"reason": "", "channel": "email"}
    assert in_role("support").post(page(case, name), sent).status_code == 422
    assert Case.objects.get().closed_at is None


def test_another_channel_is_chosen_from_those_that_there_are(case):
    client = in_role("support")
    for channel in ("", "pigeon"):
        assert (
            client.post(page(case, "other-channel"), WHY | {"channel": channel}).status_code == 422
        )
    assert client.post(page(case, "other-channel"), WHY | {"channel": "email"}).status_code == 302
    assert Notification.objects.filter(channel="email", state="queued").count() == 1
    assert Case.objects.get().closed_at is not None


def test_the_page_of_a_case_shows_neither_words_nor_number(case):
    shown = in_role("support").get(f"/admin/core/case/{case.pk}/change/").content.decode()
    row = Notification.objects.get()
    assert row.recipient not in shown
    assert row.message not in shown


def test_a_program_that_may_only_read_messages_does_nothing(case, api):
    url = f"/api/v1/exceptions/{case.pk}/actions/resend/"
    reader = api("exceptions:read", "exceptions:write", "notifications:read")
    assert reader.post(url, WHY, format="json").status_code == 403
    writer = api("exceptions:read", "exceptions:write", "notifications:read", "notifications:write")
    assert writer.post(url, WHY, format="json").status_code == 200
    assert state() == "queued"
