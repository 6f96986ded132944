"""Searches and filters find what is seen on the screen, in each app, API and admin alike."""

from typing import Any

import pytest
from django.db import connection

from clinical.models import Patient
from clinical.search import search as search_patients
from clinical.tests.factories import PatientFactory, study_of
from customers.tests.factories import CustomerFactory
from identity.tests.factories import UserFactory
from notifications.models import Notification
from notifications.services import notify
from orders.tests.factories import placed_kit_order, placed_sale
from shipping.api.filters import search as search_shipments
from shipping.models import Shipment
from shipping.tests.factories import queued_shipment

API = "/api/v1"
SIGNS = ["ｃｏ－{0}", "#co-{0}", "co-{0},", "“co-{0}”", "(CO-{0})", "co-{0}."]
pytestmark = pytest.mark.django_db


def found(api: Any, path: str, **query: str) -> list[int]:
    answer = api().get(f"{API}/{path}/", query)
    assert answer.status_code == 200, answer.data
    return [row["id"] for row in answer.json()["results"]]


def found_in_admin(client: Any, path: str, text: str) -> list[int]:
    client.force_login(UserFactory.create(is_superuser=True))
    client.post("/admin/reason/?for=lists", {"other": "test"})
    page = client.get(f"/admin/{path}/", {"q": text})
    assert page.status_code == 200, page
    return [row.pk for row in page.context["cl"].result_list]


@pytest.mark.parametrize(
    ("first", "last", "typed"),
    [
        ("Zoe\u0301", "U\u0308nver", ["zoé ünver", "Ünver, Zoé", "unver"]),
        ("花子", "森田\u3000", ["森田 花子", "花子\u3000森田"]),
        ('William "Bim"', "O’Shea", ["Bim O'Shea", "O'Shea,Bim", "shea"]),
        ("\u200eL\u00adroy", "Ruiz\u2011Moreno", ["Lroy", "ruiz-moreno", "moreno"]),
    ],
)
def test_patients_are_found_as_they_are_seen(api, client, first, last, typed):
    patient = PatientFactory.create(first_name=first, last_name=last)
    PatientFactory.create()
    for text in typed:
        assert found(api, "patients", search=text) == [patient.pk], text
        assert found_in_admin(client, "clinical/patient", text) == [patient.pk], text


def test_the_search_of_patients_uses_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = search_patients(Patient.objects.order_by(), "ünver").explain()
    assert "patient_by_tokens" in plan


def test_patients_come_in_no_order_of_what_is_encrypted(api, client):
    PatientFactory.create(last_name="Zoe")
    newest = PatientFactory.create(last_name="adams")
    for field in ("last_name", "-birth_date"):
        answer = api().get(f"{API}/patients/?ordering={field}")
        assert answer.status_code == 400
        assert "holds it encrypted" in answer.json()["errors"][0]["detail"]
    client.force_login(UserFactory.create(is_superuser=True))
    client.post("/admin/reason/?for=lists", {"other": "test"})
    page = client.get("/admin/clinical/patient/?o=1")
    assert page.context["cl"].result_list[0] == newest


@pytest.mark.parametrize("text", ["créme", "CREME", "gene\u0301ral é", "l'épaule", "l’epaule,"])
def test_studies_are_found_in_any_spelling(api, text):
    patient = PatientFactory.create()
    study = study_of(patient, body_part="L’épaule", description="cre\u0301me\u00a0général é")
    study_of(patient, body_part="KNEE")
    assert found(api, f"patients/{patient.pk}/studies", search=text.rstrip(",")) == [study.pk]


@pytest.mark.parametrize("part", ["l'épaule", "L’E\u0301PAULE", " l’épaule\u200b"])
def test_a_body_part_is_filtered_in_any_spelling(api, part):
    study = study_of(body_part="L’épaule")
    assert found(api, f"patients/{study.patient_id}/studies", body_part=part) == [study.pk]


@pytest.mark.parametrize("stored", ["JD0146000003", "JD 0146 0000 03", "jd-0146-0000-03"])
@pytest.mark.parametrize(
    "typed",
    [
        "JD0146000003",
        "jd0146000003",
        "JD01 4600 0003",
        "jd01-4600-0003",
        "JD01\u20114600\u00a00003",
        "ＪＤ０１４６０００００３",
    ],
)
def test_a_tracking_number_is_found_however_it_is_typed(api, client, stored, typed):
    """F28: in small letters, in groups of four."""
    shipment = queued_shipment(tracking_number=stored)
    queued_shipment(tracking_number="JD0146000004")
    assert found(api, "shipments", search=typed) == [shipment.pk]
    assert found(api, "shipments", tracking_number=typed) == [shipment.pk]
    assert found_in_admin(client, "shipping/shipment", typed) == [shipment.pk]


def test_shipments_without_a_tracking_number_are_not_found_by_none(api):
    queued_shipment(tracking_number="")
    assert found(api, "shipments", search="-") == []


def test_the_search_of_shipments_uses_its_indexes():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = search_shipments(Shipment.objects.order_by(), "co-1").explain()
    assert "shipment_by_tracking_key" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize(
    "form", ["{}", "CO-{0}", "Co\u2011{0}", " co - {0} ", "co{0}", "CO-{0}.0", *SIGNS]
)
def test_an_order_is_found_by_its_number_however_it_is_typed(api, client, form):
    order = placed_sale()
    typed = form.format(order.pk)
    assert found(api, "orders", search=typed) == [order.pk]
    assert found_in_admin(client, "orders/order", typed) == [order.pk]
    assert found(api, "orders", search=form.format(order.pk + 10**9)) == []


@pytest.mark.parametrize(
    "form", ["CO-{0}", "Co\u2011{0}", "co - {0}\u200b", "co {0}", "co{0}", *SIGNS]
)
def test_a_number_and_a_reference_are_filtered_however_they_are_typed(api, form):
    shipment = queued_shipment()
    typed = form.format(shipment.order_id)
    assert found(api, "orders", number=typed) == [shipment.order_id]
    assert found(api, "shipments", reference=typed) == [shipment.pk]
    assert found(api, "shipments", search=typed) == [shipment.pk]


def test_notifications_and_schedules_are_found_by_customers_as_they_are_seen(api, client):
    customer = CustomerFactory.create(name="Máire\u00a0O’Shea")
    notify(customer, message="Hello")
    row = Notification.objects.get()
    assert found(api, "notifications", search="O'Shea, Maire") == [row.pk]
    assert found_in_admin(client, "notifications/notification", "O'Shea, Maire") == [row.pk]


def test_a_code_is_found_in_small_letters(api):
    customer = CustomerFactory.create(code="C-1E5XK3M9QT")
    for typed in ("c-1e5xk3m9qt\u200b", "C\u20111E5XK3M9QT", "ｃ－１Ｅ５ＸＫ３Ｍ９ＱＴ"):
        assert found(api, "customers", code=typed) == [customer.pk], typed


def test_a_kit_type_is_filtered_in_capitals_too(api):
    order = placed_kit_order("ancestry")
    for typed in ("ancestry", "ANCESTRY", "Ancestry", "ａｎｃｅｓｔｒｙ"):
        assert found(api, "orders", kit_type=typed) == [order.pk], typed


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("idn@exämple.de", ["idn@xn--exmple-cua.de", "IDN@XN--EXMPLE-CUA.DE", "idn@exämple.de"]),
        ("ada+kits@mail.example", ["ada+kits@mail.example", "ada kits@mail.example"]),
        ("a+b+c@mail.example", ["a b c@mail.example"]),
        ("ada+kits@mail.example", ["Somebody ada kits@mail.example"]),
    ],
)
def test_an_email_address_is_found_however_it_arrives(api, client, stored, typed):
    """F30; in a query an unescaped `+` is a blank."""
    customer = CustomerFactory.create(name="Somebody", email=stored)
    patient = PatientFactory.create(last_name="Somebody", email=stored)
    CustomerFactory.create(name="Somebody", email="ada@mail.example")
    for text in typed:
        assert found(api, "customers", search=text) == [customer.pk], text
        assert found(api, "patients", search=text) == [patient.pk], text
        assert found_in_admin(client, "customers/customer", text) == [customer.pk], text
