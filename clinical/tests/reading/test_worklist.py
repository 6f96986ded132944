"""The worklist: who takes which study, and in which order."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from clinical.models import Study
from clinical.reading import reports, worklist
from clinical.tests.factories import (
    REPORT,
    clinician,
    performed_study,
    reported_study,
    signed_study,
    study_of,
)
from core.tests.plans import forget_statistics
from core.workflow import TransitionNotAllowedError

pytestmark = pytest.mark.django_db


def kinds(study):
    return list(study.events.values_list("kind", flat=True))


def test_the_most_urgent_come_first_and_of_these_the_oldest():
    low, mid, high = (performed_study(urgency_level=u) for u in ("LOW", "MID", "HIGH"))
    second_high = reported_study(urgency_level="HIGH")
    study_of(urgency_level="HIGH")
    signed_study(urgency_level="HIGH")
    assert list(Study.objects.waiting()) == [high, second_high, mid, low]


def test_the_next_one_is_taken_and_taken_ones_are_passed_by():
    reader = clinician(username="clara")
    first, second = performed_study(urgency_level="HIGH"), performed_study(urgency_level="LOW")
    worklist.take(first, reader=clinician(username="second"))
    assert worklist.take_next(reader=reader) == second
    second.refresh_from_db()
    assert second.reader == reader
    assert kinds(second)[-1] == "taken"
    assert worklist.take_next(reader=reader) is None


def test_a_study_is_taken_once_and_by_one():
    study, reader = performed_study(), clinician(username="clara")
    worklist.take(study, reader=reader)
    with pytest.raises(TransitionNotAllowedError, match="clara has taken"):
        worklist.take(study, reader=clinician(username="second"))
    assert kinds(study).count("taken") == 1


@pytest.mark.parametrize("make", [study_of, signed_study])
def test_what_does_not_wait_is_not_taken(make):
    study = make()
    with pytest.raises(TransitionNotAllowedError, match="does not wait"):
        worklist.take(study, reader=clinician())
    assert "taken" not in kinds(study)


def test_a_taken_study_is_reported_by_its_reader_and_by_others_once_it_is_given_back():
    study, reader, other = performed_study(), clinician(username="clara"), clinician()
    worklist.take(study, reader=reader)
    with pytest.raises(TransitionNotAllowedError, match="clara has taken"):
        reports.report(study, REPORT, by=other.actor)
    reports.report(study, REPORT, by=reader.actor)
    worklist.release(study, by=other.actor)
    reports.report(study, "Second look.", by=other.actor)
    assert kinds(study)[-3:] == ["reported", "released", "reported"]


def test_what_is_signed_or_entered_in_error_is_held_by_nobody():
    reader = clinician(username="clara")
    signed, wrong = reported_study(), reported_study()
    for study in (signed, wrong):
        worklist.take(study, reader=reader)
    reports.sign(signed, 1, signer=reader)
    reports.enter_in_error(wrong, "Taken of another patient", signer=reader)
    assert not Study.objects.exclude(reader=None).exists()


def test_nobody_gives_back_what_nobody_has_taken():
    with pytest.raises(TransitionNotAllowedError):
        worklist.release(performed_study(), by="user:test")


@pytest.mark.django_db(transaction=True)
def test_clinicians_who_ask_at_once_get_different_studies():
    readers = [clinician() for _ in range(4)]
    for _ in range(4):
        performed_study()
    start = Barrier(len(readers))

    def ask(reader):
        start.wait()
        try:
            study = worklist.take_next(reader=reader)
            return study and study.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(len(readers)) as pool:
        taken = list(pool.map(ask, readers))
    assert len(set(taken)) == len(readers)
    assert sorted(taken) == sorted(Study.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_one_study_is_taken_by_one_of_two_who_want_it():
    study, readers = performed_study(), [clinician(), clinician()]
    start = Barrier(2)

    def ask(reader):
        start.wait()
        try:
            worklist.take(study, reader=reader)
        except TransitionNotAllowedError:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(ask, readers)) == 1
    assert kinds(study).count("taken") == 1


def test_the_order_comes_from_an_index():
    forget_statistics(sorting=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN "
            + str(Study.objects.waiting().query)
            .replace("HIGH", "'HIGH'")
            .replace("MID", "'MID'")
            .replace("performed,", "'performed',")
            .replace("reported)", "'reported')")
            + " LIMIT 50"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "study_worklist" in plan
