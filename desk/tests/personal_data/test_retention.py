from datetime import timedelta

import pytest

from core.database import clock
from customers.tests.factories import CustomerFactory
from desk.models import RetentionRun
from desk.personal_data import retention
from notifications.models import Notification
from notifications.services import notify

pytestmark = pytest.mark.django_db


@pytest.fixture
def old_and_new():
    rows = [notify(CustomerFactory.create(), message="Hello", channel="email") for _ in range(3)]
    Notification.objects.update(state="sent")
    ages = clock.now() - timedelta(days=31), clock.now() - timedelta(days=29)
    for row, age in zip(rows, (ages[0], ages[0], ages[1]), strict=True):
        Notification.objects.filter(pk=row.pk).update(created_at=age)
    return rows


def test_by_default_nothing_is_let_go(old_and_new):
    assert retention.run() == {}
    assert Notification.objects.filter(message="Hello").count() == 3


def test_texts_of_old_messages_are_let_go_in_chunks_and_it_is_said(
    old_and_new, settings, monkeypatch
):
    monkeypatch.setattr(retention, "CHUNK", 1)
    settings.RETENTION_MESSAGES_DAYS = 30
    assert retention.run() == {"texts of messages": 2}
    kept = Notification.objects.get(message="Hello")
    assert kept.pk == old_and_new[2].pk
    assert Notification.objects.filter(recipient="").count() == 2
    assert RetentionRun.objects.get().rows == 2
    assert retention.run() == {"texts of messages": 0}
    assert RetentionRun.objects.count() == 1


def test_what_still_waits_is_kept(old_and_new, settings):
    Notification.objects.update(state="queued")
    settings.RETENTION_MESSAGES_DAYS = 30
    assert retention.run() == {"texts of messages": 0}
