"""The pages of exports: asked for from a list, downloaded by their owner."""

import re
from typing import Any

import pytest
from django.test import Client

from clinical.tests.factories import PatientFactory
from customers.tests.factories import CustomerFactory
from identity.models import AccessRecord
from identity.tests.factories import staff
from transfers.exports import work
from transfers.models import Export
from transfers.tests.admin.test_imports import browser

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/transfers/export/", "/admin/transfers/export/add/"


def ask(client: Client, of: str, query: str = "", why: str = "a test", kind: str = "csv") -> Any:
    return client.post(f"{ADD}?of={of}", {"list_of": of, "asked": query, "kind": kind, "why": why})


def test_a_list_leads_to_its_file_by_one_form():
    CustomerFactory.create(name="Ada", code="K-1")
    CustomerFactory.create(name="Bo", code="K-2")
    client = browser(staff("manager"))
    page = client.get("/admin/customers/customer/?q=ada").content.decode()
    [link] = re.findall(r'href="(/admin/transfers/export/add/[^"]*)"', page)
    form = client.get(link.replace("&amp;", "&")).content.decode()
    assert "Only what matches: a search" in form
    assert 'name="asked" value="q=ada"' in form
    answer = ask(client, "customers.customer", "q=ada", kind="xlsx")
    job = Export.objects.get()
    assert answer.headers["Location"] == f"{LIST}{job.pk}/change/"
    assert "hx-get" in client.get(f"{LIST}{job.pk}/change/").content.decode()
    work.run(job.pk)
    assert "1 row." in client.get(f"{LIST}{job.pk}/change/").content.decode()
    file: Any = client.get(f"{LIST}{job.pk}/download/")
    assert b"".join(file.streaming_content).startswith(b"PK")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="customer-')


def test_an_export_needs_a_reason():
    client = browser(staff("manager"))
    answer = ask(client, "customers.customer", why=" ")
    assert answer.status_code == 200
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("role", "of"),
    [
        ("support", "customers.customer"),
        ("manager", "clinical.patient"),
        ("clinician", "orders.order"),
        ("manager", "identity.user"),
        ("manager", "x"),
    ],
)
def test_who_may_not_is_refused(role, of):
    client = browser(staff(role))
    assert client.get(f"{ADD}?of={of}").status_code == 403
    assert ask(client, of).status_code == 403
    assert not Export.objects.exists()


def test_a_filter_that_cannot_be_read_exports_nothing():
    client = browser(staff("manager"))
    assert ask(client, "orders.order", "state__exact=nonsense").status_code == 400
    assert not Export.objects.exists()


def test_another_person_sees_that_it_is_there_and_cannot_download_it():
    PatientFactory.create(first_name="Zqcanary")
    owner = browser(staff("clinician"))
    ask(owner, "clinical.patient", "q=Zqcanary")
    job = Export.objects.get()
    work.run(job.pk)
    for other in (staff("auditor"), staff(is_superuser=True)):
        page = browser(other).get(f"{LIST}{job.pk}/change/")
        assert page.status_code == 200
        assert "Zqcanary" not in page.content.decode()
        assert browser(other).get(f"{LIST}{job.pk}/download/").status_code == 403
    for other in (staff("clinician"), staff("support")):
        assert browser(other).get(f"{LIST}{job.pk}/download/").status_code in (302, 403, 404)
    assert AccessRecord.objects.get().how == "export"


def test_lists_offer_an_export_to_those_who_may():
    link = "/admin/transfers/export/add/"
    for role, there in (("manager", True), ("auditor", True), ("support", False)):
        page = browser(staff(role)).get("/admin/customers/customer/").content.decode()
        assert (link in page) == there, role
