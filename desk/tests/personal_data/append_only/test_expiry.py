"""Old lines of the access log go at night where somebody decided so, and no others, ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.database import append_only, clock
from desk.models import RetentionRun
from desk.personal_data import retention
from desk.personal_data.append_only import expiry
from identity.models import AccessRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lines() -> list[AccessRecord]:
    """One of 400, of 399 and of 2 days ago, and one of today."""
    now = clock.now()
    return [
        AccessRecord.objects.create(
            actor="user:1", patients=[7], how="list", via="admin", at=now - timedelta(days=days)
        )
        for days in (400, 399, 2, 0)
    ]


def test_by_default_all_of_it_stays(lines: list[AccessRecord]) -> None:
    assert retention.run() == {}
    assert AccessRecord.objects.count() == 4


def test_what_is_older_goes_and_it_is_on_record(settings: Any, lines: list[AccessRecord]) -> None:
    settings.RETENTION_ACCESS_LOG_DAYS = 380
    assert retention.run() == {expiry.NAME: 2}
    assert set(AccessRecord.objects.values_list("pk", flat=True)) == {r.pk for r in lines[2:]}
    run = RetentionRun.objects.get()
    assert (run.what, run.rows) == (expiry.NAME, 2)
    assert retention.run() == {expiry.NAME: 0}
    assert RetentionRun.objects.count() == 1


def test_it_goes_in_chunks_the_oldest_first(lines: list[AccessRecord]) -> None:
    before = clock.now() - timedelta(days=366)
    assert expiry.expire_access_log(before, 1) == 1
    assert not AccessRecord.objects.filter(pk=lines[0].pk).exists()
    assert AccessRecord.objects.count() == 3


@pytest.mark.parametrize("days", [0, 1, 364])
def test_the_last_year_stays_whoever_asks(days: int) -> None:
    with pytest.raises(DatabaseError, match="365 days stays"), transaction.atomic():
        expiry.expire_access_log(clock.now() - timedelta(days=days), 10)
    assert AccessRecord.objects.count() == 4


def refused(statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"append-only|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}")


def test_all_others_are_refused_as_before(lines: list[AccessRecord]) -> None:
    expiry.expire_access_log(clock.now() - timedelta(days=366), 1)
    refused("DELETE FROM identity_accessrecord")
    refused("DELETE FROM desk_retentionrun")


def test_the_application_may_let_it_go_and_delete_nothing(settings: Any) -> None:
    settings.DATABASE_APPLICATION_ROLE = "dosette_test_application"
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE dosette_test_application")
        append_only.guard()
        expiry.put_up()
        cursor.execute("SET LOCAL ROLE dosette_test_application")
    assert expiry.expire_access_log(clock.now() - timedelta(days=366), 10) == 2
    refused("DELETE FROM identity_accessrecord")
    refused("SET LOCAL dosette.erasing = 'x'; DELETE FROM identity_accessrecord")
