"""Laboratories are known by their signature; what they post is kept before they are answered."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from clinical.api.results import webhooks
from clinical.models import LabMessage
from clinical.tests.laboratories.messages import SECRET, URL, message, post, signed
from core.web import rate_limits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh(settings):
    settings.REFERENCE_LABORATORY_SECRET = SECRET
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": uuid4().hex}}
    rate_limits.forget()


def test_a_signed_message_is_kept_and_answered():
    answer = post(message())
    assert (answer.status_code, answer.json()) == (200, {"status": "stored"})
    assert LabMessage.objects.get().body == message().decode()


@pytest.mark.parametrize("body", [b"<html>busy</html>", message()[:50], b"[]"])
def test_what_nobody_can_read_is_kept_too(body):
    assert post(body).status_code == 200
    assert LabMessage.objects.count() == 1


def test_the_same_message_is_answered_alike_and_kept_once():
    assert [post(message()).status_code for _ in range(2)] == [200, 200]
    assert LabMessage.objects.count() == 1


def test_nothing_is_taken_from_whoever_does_not_sign():
    for headers in ({"x": "1"}, signed(message(version=2)), signed(message(), "whsec_AAAA")):
        assert post(message(), **headers).status_code == 401
    assert not LabMessage.objects.exists()


def test_a_laboratory_that_is_not_set_up_is_not_believed(settings):
    settings.REFERENCE_LABORATORY_SECRET = ""
    assert post(message()).status_code == 401


def test_there_is_no_other_laboratory():
    answer = Client().post(URL.replace("reference", "other"), message(), "application/json")
    assert answer.status_code == 404


def test_ten_gigabytes_are_refused_before_they_are_read():
    class Endless:
        def read(self, *_):
            raise AssertionError("it was read")

        readline = read

    body: dict[str, Any] = {"CONTENT_LENGTH": str(10 * 2**30), "wsgi.input": Endless()}
    answer = Client().post(URL, b"", "application/json", **body)
    assert answer.status_code == 413


def test_a_body_may_be_so_long_and_no_longer():
    body = b" " * (webhooks.LARGEST_BODY + 1)
    assert post(body).status_code == 413
    assert post(body[:-1]).status_code == 200


def test_a_laboratory_that_floods_is_slowed_down(settings):
    settings.WEBHOOK_RATE = 2
    assert [post(message()).status_code for _ in range(3)] == [200, 200, 429]


def test_guesses_from_one_address_are_slowed_down(settings):
    settings.WEBHOOK_RATE_PER_ADDRESS = 2
    answers = [post(message(), x="1").status_code for _ in range(3)]
    assert answers == [401, 401, 429]
