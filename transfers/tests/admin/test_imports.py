"""The pages of imports: uploading, looking, applying, and who may."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clinical.models import Patient
from clinical.tests.factories import PatientFactory
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.access_log.reasons import LISTS
from identity.models import AccessRecord, User
from identity.tests.factories import staff
from transfers.imports import work
from transfers.models import FilePart, Import
from transfers.tests.factories import CUSTOMERS, PATIENTS, applied, checked, csv_of, xlsx_of

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/transfers/import/", "/admin/transfers/import/add/"
ADA = ["Ada", "+447451277972", "ada@example.com", "K-1"]
ASA = ["Asa", "Berg", "1985-04-10", "asa@example.com", "d1"]


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def upload(client: Client, data: bytes, kind: str = "customers") -> Any:
    file = SimpleUploadedFile("Jane Doe.csv", data)
    return client.post(ADD, {"kind": kind, "upload": file})


def page_of(client: Client, job: Import, query: str = "") -> str:
    answer = client.get(f"{LIST}{job.pk}/change/{query}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize("saved", [csv_of, xlsx_of])
def test_a_file_is_uploaded_looked_at_and_applied(saved):
    """B4: in the admin, too."""
    manager = staff("manager")
    client = browser(manager)
    CustomerFactory.create(code="K-2", name="Bo", phone_number="", email="")
    answer = upload(client, saved(CUSTOMERS, ADA, ["Bob & Co", "", "", "K-2"]))
    job = Import.objects.get()
    assert answer.headers["Location"] == f"{LIST}{job.pk}/change/"
    assert "hx-get" in page_of(client, job)
    work.run(job.pk)
    text = page_of(client, job)
    assert "1 are new, 1 changed" in text
    assert "hx-get" not in text.partition('id="preview"')[0].partition('id="import-progress"')[2]
    assert "<del>Bo</del>" in page_of(client, job, "?show=changed")
    assert "Bob &amp; Co" in page_of(client, job, "?show=changed")
    assert not Customer.objects.filter(name="Ada").exists()
    client.post(f"{LIST}{job.pk}/apply/", {"_form_submitted": "on"})
    work.run(job.pk)
    assert Customer.objects.get(code="K-2").name == "Bob & Co"
    assert "Applied: 1 created, 1 changed" in page_of(client, job)


def test_the_name_of_a_file_is_not_kept():
    upload(browser(staff("manager")), csv_of(CUSTOMERS, ADA))
    assert "Jane Doe" not in str(Import.objects.values().get())


def test_problems_are_shown_by_line_column_and_reason():
    client = browser(staff("manager"))
    upload(client, csv_of(CUSTOMERS, ["Ada", "12", "", ""]))
    job = Import.objects.get()
    work.run(job.pk)
    text = page_of(client, job)
    assert "the file has 1 problem." in text
    assert "are shown here" not in text
    assert re.search(r"<td[^>]*>2</td> <td[^>]*>phone_number</td>", text)


def test_pages_of_a_long_preview_are_capped():
    manager = staff("manager")
    job = checked(csv_of(CUSTOMERS, *(["Ada", "", "", f"K-{n}"] for n in range(1_100))), by=manager)
    client = browser(manager)
    assert "New (1,100)" in page_of(client, job)
    last = page_of(client, job, "?show=created&page=20")
    assert '<td class="px-3 py-2">1001</td>' in last
    assert ">Later<" not in last
    assert "The first 1,000 are shown here." in last
    assert (
        "<td"
        not in page_of(client, job, "?page=21")
        .partition('id="preview"')[2]
        .partition("</table>")[0]
    )


def test_who_may_not_add_and_change_may_not_import():
    client = browser(staff("auditor"))
    assert client.get(ADD).status_code == 403
    assert upload(client, csv_of(CUSTOMERS, ADA)).status_code == 403
    assert not FilePart.objects.exists()


def test_who_may_import_kits_may_import_nothing_else():
    client = browser(staff("fulfilment"))
    shown = client.get(ADD).content.decode()
    assert "Kits (" in shown
    assert "Customers (" not in shown
    upload(client, csv_of(CUSTOMERS, ADA))
    assert not Import.objects.exists()


def test_who_may_not_see_health_data_is_not_offered_patients():
    client = browser(staff("manager"))
    assert "Patients (" not in client.get(ADD).content.decode()
    upload(client, csv_of(PATIENTS, ASA), "patients")
    assert not Import.objects.exists()


def test_what_an_import_would_do_is_its_owners_alone_to_see_and_do():
    job = checked(csv_of(CUSTOMERS, ADA), by=staff("manager"))
    for other in (staff("manager"), staff("support")):
        assert browser(other).get(f"{LIST}{job.pk}/change/").status_code == 404
        browser(other).post(f"{LIST}{job.pk}/apply/")
    for other in (staff("auditor"), staff(is_superuser=True)):
        assert "Ada" not in page_of(browser(other), job)
        assert browser(other).post(f"{LIST}{job.pk}/apply/").status_code == 403
        assert browser(other).post(f"{LIST}{job.pk}/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.state == "checked"


def test_old_values_of_patients_are_a_read_that_is_on_record():
    there = PatientFactory.create(external_id="d1", last_name="Zqold")
    clinician = staff("clinician")
    job = checked(csv_of(PATIENTS, ASA), "patients", clinician)
    assert not AccessRecord.objects.exists()
    assert "Zqold" in page_of(browser(clinician), job)
    assert AccessRecord.objects.get().patients == [there.pk]


def test_who_treats_nobody_says_why_before_the_preview():
    PatientFactory.create(external_id="d1", last_name="Zqold")
    owner = staff(is_superuser=True)
    job = checked(csv_of(PATIENTS, ASA), "patients", owner)
    client = browser(owner)
    answer = client.get(f"{LIST}{job.pk}/change/")
    assert "/admin/reason/" in answer.headers["Location"]
    session = client.session
    session["access_reasons"] = {LISTS: "Moving from the old system"}
    session.save()
    assert "Zqold" in page_of(client, job)
    assert AccessRecord.objects.get().reason == "Moving from the old system"


def test_a_file_of_200_megabytes_is_refused_unread():
    client = browser(staff("manager"))
    answer = client.post(
        ADD, b"", content_type="multipart/form-data; boundary=x", HTTP_CONTENT_LENGTH="200000000"
    )
    assert answer.status_code == 413
    assert "A file may have 32 MB" in answer.content.decode()


def test_lists_lead_to_their_import():
    manager, fulfilment = browser(staff("manager")), browser(staff("fulfilment"))
    link = f"{ADD}?kind=customers"
    assert link in manager.get("/admin/customers/customer/").content.decode()
    assert link not in fulfilment.get("/admin/customers/customer/").content.decode()
    page = manager.get(link).content.decode()
    assert '<option value="customers" selected' in page
    assert "Customers (name, phone_number, email; perhaps code)" in page
    assert "Save and add another" not in page


def test_nothing_of_a_file_is_in_the_log(caplog):
    caplog.set_level("DEBUG")
    clinician = staff("clinician")
    applied(checked(csv_of(PATIENTS, ["Zqcanary", *ASA[1:]]), "patients", clinician))
    assert Patient.objects.filter(external_id="d1").exists()
    assert "Zqcanary" not in caplog.text
