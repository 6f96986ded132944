"""A list as a file: what matches, what one may see, as it was on record; read again it changes
nothing."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection

from clinical.models import Patient, Study
from clinical.services import delete_study, update_study
from clinical.tests.factories import PatientFactory, study_of
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.models import AccessRecord
from identity.tests.factories import staff
from orders.models import Product
from orders.tests.factories import ProductFactory, placed_order
from transfers import jobs
from transfers.exports import lists, services, work
from transfers.exports.lists import ListOf
from transfers.models import Export, FilePart
from transfers.stored_files import parts
from transfers.sweeper import sweep
from transfers.tests.factories import applied, checked

pytestmark = pytest.mark.django_db


def exported(of: str, query: str = "", role: str = "manager", format: str = "csv") -> Export:
    person = staff(role) if role else staff(is_superuser=True)
    job = services.ask_for(ListOf(of, query, person), format=format, reason="a test")
    work.run(job.pk)
    job.refresh_from_db()
    return job


def content(job: Export) -> bytes:
    assert job.file is not None, job.remark
    return b"".join(parts(job.file))


def rows(job: Export) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(content(job).decode("utf-8-sig"), newline="")))


def test_search_and_filters_of_the_list_hold(monkeypatch):
    monkeypatch.setattr(lists, "CHUNK", 2)
    for number in range(5):
        CustomerFactory.create(name=f"Ada {number}", code=f"A-{number}")
    CustomerFactory.create(name="Bo", code="B-1")
    job = exported("customers.customer", "q=ada&p=2")
    assert (job.state, job.rows) == ("ready", 5)
    assert [row["code"] for row in rows(job)] == [f"A-{n}" for n in (4, 3, 2, 1, 0)]
    assert job.filters == "a search"


def test_formulas_in_customers_names_are_text():
    CustomerFactory.create(name="=1+1", code="K-1")
    assert rows(exported("customers.customer"))[0]["name"] == "'=1+1"


def _customers():
    CustomerFactory.create(name="=Ada", code="K-1", phone_number="+447451277972")
    CustomerFactory.create(name="Bo, Jr", code="K-2", phone_number="", email="")
    CustomerFactory.create(name='\'-Cy "C"', phone_number="")
    CustomerFactory.create(name="", email="only@example.com")


def _patients():
    PatientFactory.create(external_id="0341", email="", first_name="Zoë")
    PatientFactory.create(
        external_id=None, first_name="'t", last_name="Hooft", email="Jo@Example.com"
    )
    PatientFactory.create(external_id=None, first_name="Suharto", last_name="")
    year, same = date(1961, 1, 1), {"first_name": "An", "last_name": "Li", "email": ""}
    PatientFactory.create(birth_date=year, birth_date_precision="year", **same)
    PatientFactory.create(birth_date=year, birth_date_precision="month", **same)


def _products():
    ProductFactory.create(item_id="it-1")
    ProductFactory.create(item_id="it-2", name="+Serum, 30 ml", is_active=False)


def _studies():
    patient = PatientFactory.create(external_id="p1")
    header = b"urgency_level,body_part,description,type,patient_id\n"
    file = header + b'HIGH,KNEE,"fell\ndown",XRAY,p1\n' * 2
    applied(checked(file, "studies", staff("clinician")))
    update_study(Study.objects.all()[0], by="user:test", description="=1+1", urgency_level="LOW")
    study_of(patient, body_part="KNEE", description="fell\ndown", type="XRAY")
    study_of(PatientFactory.create(external_id=None), description="")
    delete_study(study_of(patient), by="user:test")


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("make", "model", "role"),
    [
        (_customers, Customer, "manager"),
        (_products, Product, "manager"),
        (_patients, Patient, "clinician"),
        (_studies, Study, "clinician"),
    ],
    ids=["customers", "products", "patients", "studies"],
)
def test_what_was_exported_is_imported_again_without_a_change(make, model, role, format):
    make()
    before = list(model.objects.values())
    job = exported(model._meta.label_lower, role=role, format=format)
    noun = str(model._meta.verbose_name_plural)
    again = checked(content(job), noun, staff(role))
    assert (again.state, again.created, again.updated) == ("checked", 0, 0)
    assert again.unchanged == job.rows
    assert applied(again).state == "applied"
    assert list(model.objects.values()) == before


def test_every_patient_that_is_exported_is_on_record_with_the_reason(monkeypatch):
    monkeypatch.setattr(lists, "CHUNK", 2)
    patients = PatientFactory.create_batch(3)
    job = exported("clinical.patient", role="clinician")
    read = AccessRecord.objects.get()
    assert sorted(read.patients) == sorted(patient.pk for patient in patients)
    assert (read.actor, read.how, read.reason) == (job.owner.actor, "export", "a test")
    assert read.detail == f"export {job.pk}: patients, 3 rows, csv"


def test_studies_name_their_patients_on_record():
    study = study_of(PatientFactory.create())
    exported("clinical.study", "state__exact=registered", role="clinician")
    read = AccessRecord.objects.get()
    assert read.patients == [study.patient_id]
    assert "state__exact=registered" in read.detail


def test_an_export_without_health_data_is_on_record_too():
    placed_order()
    job = exported("orders.order", role="manager", format="xlsx")
    read = AccessRecord.objects.get()
    assert (read.patients, read.detail) == ([], f"export {job.pk}: orders, 1 rows, xlsx")


@pytest.mark.parametrize(
    ("of", "role"),
    [
        ("customers.customer", "support"),
        ("customers.customer", "fulfilment"),
        ("clinical.patient", "manager"),
        ("orders.order", "clinician"),
        ("identity.user", ""),
        ("customers.nothing", ""),
        ("nonsense", ""),
    ],
)
def test_who_may_not_export_or_not_see_a_list_gets_nothing(of, role):
    with pytest.raises(PermissionDenied):
        exported(of, role=role)
    assert not Export.objects.exists()


def test_who_lost_the_right_meanwhile_gets_nothing():
    person = staff("manager")
    job = services.ask_for(ListOf("orders.order", "", person), format="csv", reason="x")
    person.groups.clear()
    work.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.remark, job.file) == ("failed", work.NOT_ALLOWED, None)
    assert not AccessRecord.objects.exists()
    assert not FilePart.objects.exists()


def test_a_file_is_its_owners_alone_and_each_download_is_on_record():
    CustomerFactory.create()
    job = exported("customers.customer")
    with pytest.raises(PermissionDenied):
        services.download(job, by=staff(is_superuser=True))
    assert b"".join(services.download(job, by=job.owner)).startswith(b"\xef\xbb\xbfname,")
    assert job.events.filter(kind="downloaded", actor=job.owner.actor).count() == 1
    job.owner.groups.clear()
    with pytest.raises(PermissionDenied):
        services.download(job, by=type(job.owner).objects.get(pk=job.owner_id))


def test_a_file_is_removed_after_a_day():
    job = exported("customers.customer", "q=ada")
    assert job.finished_at
    with time_machine.travel(job.finished_at + timedelta(hours=25), tick=False):
        assert sweep()["files of exports removed"] == 1
    job.refresh_from_db()
    assert (job.state, job.file, job.query) == ("removed", None, "")
    assert not FilePart.objects.exists()


def test_an_export_that_was_cancelled_leaves_no_file():
    job = services.ask_for(ListOf("orders.order", "", staff("manager")), format="csv", reason="x")
    claimed = jobs.claim(Export, job.pk, work.STEPS)
    assert claimed is not None
    services.cancel(job, by="user:x")
    with pytest.raises(jobs.StoppedError):
        jobs.lock(claimed)
    assert work.run(job.pk) == 0
    assert not FilePart.objects.exists()


def test_neither_file_nor_search_is_readable_in_the_database():
    PatientFactory.create(first_name="Zqcanary")
    exported("clinical.patient", "q=Zqcanary", role="clinician")
    with connection.cursor() as cursor:
        cursor.execute("SELECT bool_or(t::text LIKE '%%anary%%') FROM transfers_export t")
        assert cursor.fetchone() == (False,)
        looked_for = "SELECT count(*) FROM transfers_filepart WHERE position(%s IN content) > 0"
        cursor.execute(looked_for, [b"Zqcanary"])
        assert cursor.fetchone() == (0,)
    assert "Zqcanary" not in str(list(AccessRecord.objects.values()))


def test_a_list_takes_as_many_statements_as_it_has_chunks(django_assert_max_num_queries):
    for _ in range(6):
        placed_order()
    person = staff("manager")
    job = services.ask_for(ListOf("orders.order", "", person), format="csv", reason="x")
    with django_assert_max_num_queries(35):
        work.run(job.pk)
