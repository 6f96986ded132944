"""What a worker does with an import: all or nothing, once, and only what somebody looked at."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
import time_machine
from django.db import connection, transaction

from clinical.models import Study
from clinical.tests.factories import PatientFactory
from core import shutdown
from core.failures import waiting
from core.models import Failure
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.tests.factories import staff
from transfers import jobs, task_names
from transfers.imports import services, work
from transfers.imports.previews import page_of
from transfers.models import FilePart, Import, ImportPreview
from transfers.sweeper import sweep
from transfers.tests.factories import (
    CUSTOMERS,
    PATIENTS,
    applied,
    checked,
    csv_of,
    uploaded,
    xlsx_of,
)

pytestmark = pytest.mark.django_db
T = TypeVar("T")
ADA = ["Ada", "+447451277972", "ada@example.com", "K-1"]
ASA = ["Asa", "Berg", "1985-04-10", "asa@example.com", "d1"]


def figures(job: Import) -> tuple[str, int, int, int]:
    return job.state, job.created, job.updated, job.unchanged


@pytest.mark.parametrize("saved", [csv_of, xlsx_of])
def test_what_would_be_is_shown_and_then_done(saved):
    CustomerFactory.create(code="K-2", name="Bo", phone_number="", email="bo@example.com")
    CustomerFactory.create(code="K-3", name="Cy", phone_number="", email="cy@example.com")
    rows = [ADA, ["Bob", "", "BO@example.com", "K-2"], ["Cy", "(none)", "", "K-3"]]
    job = checked(saved(CUSTOMERS, *rows))
    assert figures(job) == ("checked", 1, 1, 1)
    assert Customer.objects.count() == 2
    [new] = page_of(job, "created", 1)
    assert (new["line"], new["cells"]["name"]) == (2, ["", "Ada"])
    [changed] = page_of(job, "changed", 1)
    assert changed["cells"] == {"name": ["Bo", "Bob"]}
    assert figures(applied(job)) == ("applied", 1, 1, 1)
    assert set(Customer.objects.values_list("name", flat=True)) == {"Ada", "Bob", "Cy"}
    assert [event.kind for event in job.events.all()] == [
        "uploaded",
        "checking",
        "checked",
        "applying",
        "applied",
    ]


def test_a_file_with_problems_is_refused_and_thrown_away():
    job = checked(csv_of(CUSTOMERS, ADA, ["", "x", "", "K-2"]))
    assert (job.state, job.problems, job.file) == ("refused", 1, None)
    assert [(line["line"], line["column"]) for line in page_of(job, "refused", 1)] == [
        (3, "phone_number")
    ]
    assert not Customer.objects.exists()
    assert not FilePart.objects.exists()


def test_what_changed_since_somebody_looked_is_shown_anew_and_not_overwritten():
    bo = CustomerFactory.create(code="K-2", name="Bo", phone_number="", email="bo@example.com")
    job = checked(csv_of(CUSTOMERS, ["Bob", "", "", "K-2"], ADA))
    Customer.objects.filter(pk=bo.pk).update(name="Bob Smith")
    job = applied(job)
    assert figures(job) == ("checked", 1, 1, 0)
    assert job.remark == work.CHANGED
    assert page_of(job, "changed", 1)[0]["cells"] == {"name": ["Bob Smith", "Bob"]}
    assert Customer.objects.count() == 1
    assert figures(applied(job)) == ("applied", 1, 1, 0)


def test_what_became_wrong_since_somebody_looked_is_refused():
    patient = PatientFactory.create(external_id="p1")
    header = ["urgency_level", "body_part", "description", "type", "patient_id"]
    data = csv_of(header, ["HIGH", "KNEE", "", "XRAY", "p1"])
    job = checked(data, "studies", staff("clinician"))
    assert figures(job) == ("checked", 1, 0, 0)
    patient.external_id = "p2"
    patient.save()
    assert applied(job).state == "refused"
    assert not Study.objects.exists()


def test_patients_are_compared_by_their_own_values():
    there = PatientFactory.create(external_id="d1", first_name="Asa", last_name="Alm")
    clinician = staff("clinician")
    job = checked(xlsx_of(PATIENTS, ASA, [*ASA[:4], "d2"]), "patients", clinician)
    assert figures(job) == ("checked", 1, 1, 0)
    [line] = page_of(job, "changed", 1)
    assert line["cells"]["last_name"] == ["Alm", "Berg"]
    assert line["patient"] == there.pk
    assert applied(job).state == "applied"
    again = checked(csv_of(PATIENTS, ASA, [*ASA[:4], "d2"]), "patients", clinician)
    assert figures(again) == ("checked", 0, 0, 2)


def test_an_error_while_writing_takes_everything_back_and_is_a_case(poison):
    job = checked(csv_of(CUSTOMERS, ADA, ["Bo", "", "bo@example.com", "K-2"]))
    services.apply(job, by=job.owner)
    poison("customers_customer", "NEW.code = 'K-2'")
    work.try_run(job.pk)
    job.refresh_from_db()
    assert job.state == "applying"
    assert not Customer.objects.exists()
    assert "K-2" not in Failure.objects.get().error
    poison.cure()
    assert job.worked_at
    with time_machine.travel(job.worked_at + timedelta(minutes=2), tick=False):
        assert waiting(work.WORK, Import.objects.filter(state="applying")) == [job.pk]
        work.run(job.pk)
    assert Customer.objects.count() == 2


def test_a_lost_worker_is_taken_over_and_its_late_end_writes_nothing():
    job = checked(csv_of(CUSTOMERS, ADA))
    services.apply(job, by=job.owner)
    first = jobs.claim(Import, job.pk, work.STEPS)
    assert first
    assert first.worked_at
    assert jobs.claim(Import, job.pk, work.STEPS) is None
    with time_machine.travel(first.worked_at + jobs.LOST_AFTER + timedelta(seconds=1), tick=False):
        assert work.run(job.pk) == 1
    with pytest.raises(jobs.StoppedError):
        jobs.lock(first)
    assert Customer.objects.count() == 1


def test_an_import_whose_worker_dies_again_and_again_fails_and_says_so():
    job = uploaded(csv_of(CUSTOMERS, ADA))
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as clock:
        for _ in range(jobs.MOST_ATTEMPTS):
            assert jobs.claim(Import, job.pk, work.STEPS)
            clock.shift(60)
        assert jobs.claim(Import, job.pk, work.STEPS) is None
    job.refresh_from_db()
    assert (job.state, job.remark) == ("failed", jobs.GIVEN_UP)


def test_a_worker_that_is_to_stop_leaves_it_to_another(ask_to_stop):
    job = uploaded(csv_of(CUSTOMERS, ADA))
    ask_to_stop()
    assert work.run(job.pk) == 0
    shutdown.forget()
    assert work.run(job.pk) == 1


def test_without_a_broker_the_sweeper_does_what_waits(monkeypatch):
    monkeypatch.setattr(type(task_names.work_on_import), "enqueue", lambda *_: False)
    job = uploaded(csv_of(CUSTOMERS, ADA))
    assert sweep()["imports gone on with"] == 1
    job.refresh_from_db()
    assert job.state == "checked"


def test_what_nobody_applied_within_a_day_is_cancelled_and_forgotten():
    job = checked(csv_of(CUSTOMERS, ADA))
    with time_machine.travel(job.created_at + timedelta(hours=25), tick=False):
        assert sweep()["imports cancelled that nobody applied"] == 1
    job.refresh_from_db()
    assert (job.state, job.file) == ("cancelled", None)
    assert not FilePart.objects.exists()
    assert not ImportPreview.objects.exists()


def test_neither_file_nor_preview_is_readable_in_the_database():
    checked(csv_of(PATIENTS, ["Zqcanary", *ASA[1:]]), "patients", staff("clinician"))
    with connection.cursor() as cursor:
        for table in ("transfers_filepart", "transfers_importpreview"):
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE position(%s::bytea in content) > 0",
                [b"Zqcanary"],
            )
            assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_cancelled_while_it_is_written_nothing_is_kept(delivered, monkeypatch):
    """Another process cancels; the claim's thread hears of it and ends the statement."""
    monkeypatch.setattr(jobs, "BEAT", 0.05)
    job = checked(csv_of(CUSTOMERS, ADA))
    services.apply(job, by=job.owner)
    with ThreadPoolExecutor(2) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE customers_customer IN SHARE ROW EXCLUSIVE MODE")
        writing = pool.submit(_closing, lambda: work.run(job.pk))
        pool.submit(_closing, lambda: _cancel_once_it_waits(job)).result(30)
        assert writing.result(30) == 0
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not Customer.objects.exists()


def _closing(do: Callable[[], T]) -> T:
    try:
        return do()
    finally:
        connection.close()


def _cancel_once_it_waits(job: Import) -> None:
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    with connection.cursor() as cursor:
        cursor.execute(waits, ["customers_customer"])
        while cursor.fetchone() == (0,):
            cursor.execute(waits, ["customers_customer"])
    services.cancel(job, by="user:test")
