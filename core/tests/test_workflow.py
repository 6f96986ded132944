"""Workflows: a table of moves, and one event for each."""

from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from core.tests.parcels import Parcel, parcels
from core.workflow import TransitionNotAllowedError, transition, transition_locked


def test_a_move_changes_the_state_and_writes_one_event(outbox):
    [parcel] = parcels(1)
    event = transition(parcel, "cancelled", by="user:nurse", detail="not wanted", name="new")
    assert (parcel.state, parcel.name) == ("cancelled", "new")
    parcel.refresh_from_db()
    assert (parcel.state, parcel.name) == ("cancelled", "new")
    assert list(parcel.events.all()) == [event]
    assert (event.kind, event.from_state, event.to_state) == ("cancelled", "queued", "cancelled")
    assert (event.actor, event.detail) == ("user:nurse", "not wanted")


def test_a_move_that_the_table_lacks_changes_nothing(outbox):
    [parcel] = parcels(1, state="cancelled")
    with pytest.raises(TransitionNotAllowedError, match="is cancelled: it cannot become queued"):
        transition(parcel, "queued", by="user:nurse", name="new")
    parcel.refresh_from_db()
    assert parcel.name == "0"
    assert not parcel.events.exists()


def test_the_state_in_the_database_counts_not_the_one_in_hand(outbox):
    [parcel] = parcels(1)
    stale = Parcel.objects.get(pk=parcel.pk)
    transition(parcel, "cancelled", by="user:nurse")
    with pytest.raises(TransitionNotAllowedError):
        transition(stale, "cancelled", by="user:other")


def test_a_locked_row_is_not_read_again_and_held_to_its_table(outbox, django_assert_num_queries):
    [parcel] = parcels(1)
    with django_assert_num_queries(2):
        event = transition_locked(parcel, "cancelled", by="user:nurse", name="new")
    assert (event.from_state, event.to_state, parcel.state) == ("queued", "cancelled", "cancelled")
    with pytest.raises(TransitionNotAllowedError, match="is cancelled: it cannot become queued"):
        transition_locked(parcel, "queued", by="user:nurse")
    assert Parcel.objects.get().state == "cancelled"


def test_a_long_detail_is_kept_as_far_as_it_fits(outbox):
    [parcel] = parcels(1)
    assert len(transition(parcel, "cancelled", by="user:nurse", detail="x" * 900).detail) == 500


def test_a_row_that_is_being_moved_can_be_referred_to(committed_outbox):
    """A run of the schedule needs the order that a cancellation holds, and the other way round."""
    [parcel] = parcels(1)

    def refer() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        parcel.events.create(kind="noted")
        connection.close()

    beside = Thread(target=refer)
    with transaction.atomic():
        transition(parcel, "cancelled", by="user:nurse")
        beside.start()
        beside.join()
    assert parcel.events.filter(kind="noted").count() == 1


def test_two_at_once_make_one_move(committed_outbox):
    [parcel] = parcels(1)
    start = Barrier(2)
    refused: list[TransitionNotAllowedError] = []

    def cancel() -> None:
        mine = Parcel.objects.get(pk=parcel.pk)
        start.wait()
        try:
            transition(mine, "cancelled", by="user:nurse")
        except TransitionNotAllowedError as error:
            refused.append(error)
        connection.close()

    threads = [Thread(target=cancel) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == parcel.events.count() == 1
