"""What each service may bear, as the settings say."""

import time

import pytest

from core.http import Limits
from notifications.channels import transports
from notifications.checks import check_limits
from notifications.delivery.queues import dispatch, queue_to, read_limits
from notifications.tests.factories import queued

GATEWAY = ("sms", "gateway")


def test_a_setting_goes_before_what_its_file_says(settings):
    assert queue_to(*GATEWAY).limits == transports()[GATEWAY].limits
    settings.NOTIFICATION_LIMITS = {"gateway": "7/2.5", "email:gateway": "3"}
    assert queue_to(*GATEWAY).limits == Limits(7, 2.5)
    assert queue_to("email", "gateway").limits == Limits(3, None)


@pytest.mark.parametrize("text", ["", "0", "/5", "5/", "5/0", "a", "5/1/1", "-1", "1e3", "99999"])
def test_a_limit_that_is_none_is_named_at_the_start(settings, text):
    with pytest.raises(ValueError, match=r"concurrent|in flight|per second"):
        read_limits(text)
    settings.NOTIFICATION_LIMITS = {"gateway": text, "pigeon": "1"}
    assert {each.id for each in check_limits(None)} == {"notifications.E003", "notifications.E004"}


@pytest.mark.django_db
def test_never_more_are_in_flight_than_the_setting_allows(sandbox, settings):
    settings.NOTIFICATION_LIMITS = {"africastalking": "3"}
    sandbox.faults(africastalking={"latency_ms": 20})
    for _ in range(12):
        queued()
    dispatch("sms", "africastalking")
    assert sandbox.stats()["peak_under_way"]["africastalking"] == 3


@pytest.mark.django_db
@pytest.mark.parametrize("provider", ["africastalking", "console"])
def test_the_rate_holds_over_chunks_and_from_worker_to_worker(sandbox, settings, provider):
    settings.NOTIFICATION_LIMITS = {provider: "1/10"}
    settings.SMS_PROVIDER = [provider]
    for _ in range(3):
        queued()
    started = time.monotonic()
    dispatch("sms", provider)
    for _ in range(3):
        queued()
        dispatch("sms", provider)
    assert time.monotonic() - started >= 5 / 10
