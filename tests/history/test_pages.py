"""History pages of the admin: what was changed by whatever way, in words."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinical.tests.factories import PatientFactory, study_of
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import AccessRecord
from identity.tests.factories import ServiceClientFactory, UserFactory, staff
from orders.models import Product
from orders.tests.factories import ProductFactory, placed_sale

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    browser = Client()
    browser.force_login(UserFactory.create(username="boss", is_superuser=True))
    return browser


def page_of(browser: Client, row: Any, query: str = "") -> str:
    meta = row._meta
    where = f"/admin/{meta.app_label}/{meta.model_name}/{row.pk}/history/{query}"
    answer = browser.get(where)
    if answer.status_code == 302:
        browser.post(answer["Location"], {"reason": "Audit"})
        answer = browser.get(where)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_change_of_a_program_is_shown(boss, api):
    ada = CustomerFactory.create(name="Ada")
    api().patch(f"/api/v1/customers/{ada.pk}/", {"name": "Ada King"}, format="json")
    page = page_of(boss, ada)
    assert "Name: <del" in page
    assert ">Ada</del>" in page
    assert ">Ada King</ins>" in page
    assert "client:" in page
    assert "PATCH api/v1/customers/&lt;int:pk&gt;/" in page


def test_addresses_are_on_their_customers_page(boss):
    home = AddressFactory.create(city="London")
    home.city = "Leeds"
    home.save()
    customer = home.customer
    home.delete()
    page = page_of(boss, customer)
    assert "Addresses" in page
    assert ">Leeds</ins>" in page
    assert "Deleted" in page


def test_choices_and_ticks_are_in_words(boss):
    serum = ProductFactory.create(is_active=True, kind="goods")
    Product.objects.update(is_active=False, kind="dna-kit")
    page = page_of(boss, serum)
    assert ">DNA kit</ins>" in page
    assert ">no</ins>" in page


def test_who_was_given_a_role_is_on_the_persons_page(boss):
    person = staff("support")
    person.groups.add(Group.objects.get(name="fulfilment"))
    page = page_of(boss, person)
    assert ">fulfilment</ins>" in page


def test_patients_and_studies_are_shown_and_the_look_is_on_record(boss):
    study = study_of(PatientFactory.create(first_name="Ada"))
    study.patient.first_name = "Eve"
    study.patient.save(update_fields=["first_name"])
    type(study).objects.update(body_part="HIP")
    assert ">Eve</ins>" in page_of(boss, study.patient)
    assert ">HIP</ins>" in page_of(boss, study)
    assert {tuple(each.patients) for each in AccessRecord.objects.all()} == {(study.patient_id,)}


def test_an_order_shows_what_services_recorded(boss):
    page = page_of(boss, placed_sale())
    assert "Placed" in page
    assert "doesn’t have a change history" not in page


def test_text_is_shown_as_it_is(boss):
    ada = CustomerFactory.create(name="Ada")
    Customer.objects.update(name="<script>alert(1)</script>")
    page = page_of(boss, ada)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_long_history_has_pages(boss):
    ada = CustomerFactory.create(name="Start")
    for number in range(30):
        Customer.objects.update(name=f"Name {number}.")
    first, second = page_of(boss, ada), page_of(boss, ada, "?customerhistory=2")
    assert "?customerhistory=2" in first
    assert "Name 29." in first
    assert "Name 0." not in first
    assert "Name 0." in second
    assert "?customerhistory=1" in second
    assert page_of(boss, ada, "?customerhistory=x")
    assert page_of(boss, ada, "?customerhistory=99999")


def test_it_costs_as_many_statements_however_much_happened(boss):
    ada = CustomerFactory.create()
    counts: list[int] = []
    page_of(boss, ada)
    for _ in range(2):
        for number in range(10):
            Customer.objects.update(name=f"Name {len(counts)} {number}")
        with CaptureQueriesContext(connection) as asked:
            page_of(boss, ada)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_who_may_not_see_a_record_does_not_see_its_history():
    browser, ada = Client(), PatientFactory.create()
    browser.force_login(staff("support"))
    assert browser.get(f"/admin/clinical/patient/{ada.pk}/history/").status_code == 403
    assert not AccessRecord.objects.exists()


def test_what_a_program_may_do_is_shown_as_a_list(boss):
    program = ServiceClientFactory.create(client_id="other", allowed_scopes=["orders:read"])
    program.allowed_scopes = ["orders:read", "clinical:read"]
    program.save()
    assert "orders:read, clinical:read" in page_of(boss, program)
