"""The page of the message services: their order, their state, and trying one."""

import pytest
from django.test import Client

from core.database import clock
from core.models import Circuit
from identity.tests.factories import browser_of, staff
from sandbox.testing import Sandbox

pytestmark = pytest.mark.django_db
URL = "/admin/notifications/notification/services/"


@pytest.fixture
def mona() -> Client:
    return browser_of(staff("manager"))


def rows(client: Client) -> dict[str, str]:
    return {row.key: row.state for row in client.get(URL).context["services"]}


def test_all_are_listed_in_the_order_in_which_they_are_tried(mona, settings):
    settings.SMS_PROVIDER = ["africastalking", "gateway"]
    Circuit.objects.create(
        name="notifications:sms:gateway", failures=7, open_until=clock.now(), halted="No credit."
    )
    shown = rows(mona)
    sms = {key: state for key, state in shown.items() if key.startswith("sms")}
    assert list(sms.items()) == [
        ("sms:africastalking", "works"),
        ("sms:gateway", "stopped"),
        ("sms:console", "not in use"),
    ]
    assert "No credit." in mona.get(URL).content.decode()


def test_one_is_tried_and_what_it_answers_is_said(mona, sandbox: Sandbox):
    answer = mona.post(URL, {"service": "sms:africastalking"}, follow=True).content.decode()
    assert "africastalking (sms): It answers, and knows our account" in answer
    answer = mona.post(URL, {"service": "sms:gateway"}, follow=True).content.decode()
    assert "Nothing was asked: its contract has no request" in answer


@pytest.mark.parametrize("key", ["", "sms", "sms:pigeon", "\0:\0", "x" * 5000])
def test_one_that_there_is_not_is_said(mona, key):
    answer = mona.post(URL, {"service": key}, follow=True).content.decode()
    assert "There is no such service." in answer


@pytest.mark.parametrize(
    ("role", "looks"), [("support", 200), ("auditor", 200), ("clinician", 403)]
)
def test_others_look_at_most_and_try_nothing(role, looks):
    client = browser_of(staff(role))
    answer = client.get(URL)
    assert answer.status_code == looks
    assert "Test it" not in answer.content.decode()
    assert client.post(URL, {"service": "sms:africastalking"}).status_code == 403


def test_it_costs_the_same_statements_however_many_have_failed(mona, django_assert_max_num_queries):
    for name in ("sms:gateway", "sms:africastalking", "email:smtp", "push:webpush"):
        Circuit.objects.create(name=f"notifications:{name}")
    mona.get(URL)
    with django_assert_max_num_queries(5):
        mona.get(URL)
