"""Answers that the other side has given are kept until they are recorded."""

from collections.abc import Callable

import psycopg2
import pytest
from django.db import DataError, connection

from core import shutdown
from core.cases.models import Case
from core.http import Limits, Request
from core.models import Failure
from core.outbox import Job, claim, reclaim_expired, work
from core.outbox.recording import insist
from core.tests.http.server import at_request, staged, taken
from core.tests.parcels import Parcel, make_queue, parcels, record_results, states, take


def cut_all_off() -> None:
    """As a database does that restarts: every connection is gone, and what it was doing."""
    given = connection.get_connection_params() | {"cursor_factory": None}
    given.pop("context", None)
    line = psycopg2.connect(**{name: value for name, value in given.items() if value})
    with line, line.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    line.close()


@pytest.mark.parametrize("safe", [True, False])
def test_an_answer_survives_that_the_database_cuts_everybody_off(committed_outbox, safe):
    """D5: between the send and the record of its result."""
    parcels(30)
    with staged(at_request(5, cut_all_off)) as stage:
        work(make_queue(lambda row: Job(Request("POST", stage.url), taken), resend_is_safe=safe))
        assert len(stage.requests) == 30
    assert states() == ["sent"] * 30
    assert set(Parcel.objects.values_list("attempts", flat=True)) == {1}


def test_what_was_not_begun_when_the_database_went_away_is_given_back(committed_outbox):
    """What was under way is recorded, the next waits for another worker."""
    parcels(2)

    def stop_and_cut_off() -> None:
        shutdown.begin()
        cut_all_off()

    with staged(at_request(1, stop_and_cut_off)) as stage:
        one_by_one = Limits(concurrency=1)
        work(make_queue(lambda row: Job(Request("POST", stage.url), taken), limits=one_by_one))
    shutdown.forget()
    assert states() == ["sent", "queued"]
    assert Parcel.objects.get(name="1").attempts == 0


def test_a_lane_that_writes_into_its_rows_is_given_them_as_they_were(committed_outbox):
    """Else a second try would go on from where the first one stopped."""
    parcels(1)
    seen: list[object] = []

    def spoil(results):
        [(row, _)] = results
        seen.append((row.name, row.__dict__.get("passed_on")))
        row.name, row.passed_on = "x", True
        if len(seen) == 1:
            cut_all_off()
        record_results(results)

    work(make_queue(take, record_results=spoil))
    assert seen == [("0", None), ("0", None)]
    assert states() == ["sent"]


def test_it_is_not_tried_again_when_the_statement_is_wrong():
    tries: list[int] = []

    def wrong() -> None:
        tries.append(1)
        raise DataError

    with pytest.raises(DataError):
        insist(wrong)
    assert len(tries) == 1


@pytest.fixture
def poisoned() -> Callable[..., None]:
    """Records all but one."""

    def record_all_but_one(results):
        if any(row.name == "1" for row, _ in results):
            raise ZeroDivisionError
        record_results(results)

    return record_all_but_one


def test_a_row_that_cannot_be_recorded_costs_the_others_nothing(outbox, poisoned, caplog):
    parcels(3)
    assert work(make_queue(take, record_results=poisoned)) == 3
    assert states() == ["sent", "sending", "sent"]
    assert "ZeroDivisionError while recording test" in caplog.text


def test_nor_does_it_when_they_are_taken_over(outbox, poisoned):
    parcels(3)
    queue = make_queue(take, record_results=poisoned)
    claim(queue, limit=3)
    Parcel.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert reclaim_expired(queue) == 3
    assert states() == ["queued", "sending", "queued"]
    assert Failure.objects.get().row == Parcel.objects.get(name="1").pk


def test_what_the_database_itself_refuses_is_the_row_s_fault_and_a_case_until_it_is_done(
    outbox, poison
):
    parcels(3)
    claim(make_queue(take), limit=3)
    poison("core_tests_parcel", "NEW.name = '1' AND NEW.state = 'queued'")
    assert _taken_over() == ["queued", "sending", "queued"]
    assert Case.objects.filter(closed_at=None).count() == 1
    poison.cure()
    assert _taken_over() == ["queued"] * 3
    assert not Case.objects.filter(closed_at=None).exists()


def _taken_over() -> list[str]:
    Parcel.objects.filter(state="sending").update(lease_until="2020-01-01T00:00:00Z")
    reclaim_expired(make_queue(take))
    return states()
