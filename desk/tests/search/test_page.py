"""The one search: what each role finds, by what, and what it says when there is nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinical.tests.factories import PatientFactory, study_of
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.access_log.reasons import LISTS
from identity.models import AccessRecord
from identity.tests.factories import browser_of, staff
from notifications.services import notify
from orders.models import Order
from orders.tests.factories import placed_order
from shipping.models import Shipment

pytestmark = pytest.mark.django_db
URL = "/admin/search/"


@pytest.fixture
def customer() -> Customer:
    """Amina, whose sister gets one of her parcels."""
    amina: Customer = CustomerFactory.create(
        name="Amina Odhiambo",
        phone_number="+254704590346",
        email="amina@mail.example",
        code="C-AMINA",
    )
    AddressFactory.create(customer=amina, recipient="Amina Odhiambo", postcode="EC1Y 8SY")
    placed_order(amina)
    sisters = placed_order(amina)
    for row in (Order.objects.filter(pk=sisters.pk), Shipment.objects.filter(order=sisters)):
        row.update(recipient="Wanjiru Kamau", postcode="SW1A 1AA")
    Shipment.objects.filter(order=sisters).update(tracking_number="TN-4711 0815")
    notify(amina, message="Hello", channel="sms", by="user:test")
    patient = PatientFactory.create(first_name="Amina", last_name="Hidden")
    study_of(patient)
    return amina


def found(client: Client, text: str, **query: str) -> str:
    answer = client.get(URL, {"s": text} | query)
    assert answer.status_code == 200
    return answer.content.decode()


def titles(page: str) -> list[str]:
    """The headings of what was found, in their order."""
    parts = page.split('<section aria-label="')[1:]
    return [part.partition('"')[0] for part in parts]


CUSTOMERS, ORDERS, PARCELS, MESSAGES = "Customers", "Orders and kits", "Parcels", "Messages"
THEIRS = [CUSTOMERS, ORDERS, PARCELS, MESSAGES]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("amina", THEIRS),
        ("AMINA odh", THEIRS),
        ("+254704590346", THEIRS),
        ("0704 590 346", THEIRS),
        ("amina@mail.example", THEIRS),
        ("c-amina", THEIRS),
        ("EC1Y 8SY", [CUSTOMERS]),
        ("ec1y8sy", [CUSTOMERS]),
        ("wanjiru", [ORDERS, PARCELS]),
        ("kamau sw1a1aa", [ORDERS, PARCELS]),
        ("tn47110815", [PARCELS]),
        ("shipm", ["Pages and actions"]),
        ("place order", ["Pages and actions"]),
    ],
)
def test_support_finds_it_by(customer: Customer, text: str, kinds: list[str]):
    assert titles(found(browser_of(staff("support")), text)) == kinds


def test_an_order_is_found_by_its_number_with_its_parcel_and_messages(customer: Customer):
    order = Order.objects.earliest("id")
    for text in (order.number, f"CO {order.pk}", str(order.pk)):
        page = found(browser_of(staff("support")), text)
        assert f"/admin/orders/order/{order.pk}/change/" in page, text
    page = found(browser_of(staff("support")), str(order.number))
    assert titles(page)[:2] == [ORDERS, PARCELS]


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        ("support", THEIRS),
        ("fulfilment", THEIRS),
        ("manager", THEIRS),
        ("clinician", [CUSTOMERS, "Patients", "Studies"]),
        ("auditor", [*THEIRS, "Patients", "Studies"]),
    ],
)
def test_each_role_finds_what_it_may_see(customer: Customer, role: str, kinds: list[str]):
    page = found(browser_of(staff(role), access_reasons={LISTS: "Audit"}), "amina")
    assert titles(page) == kinds
    assert ("Hidden" in page) == ("Patients" in kinds)


def test_patients_are_looked_for_once_a_reason_is_given_and_are_on_record(customer: Customer):
    page = found(browser_of(staff("auditor")), "amina")
    assert "say why you look" in page
    assert "Hidden" not in page
    assert "patients (" not in page
    assert not AccessRecord.objects.exists()
    assert "Hidden" in found(browser_of(staff("auditor"), access_reasons={LISTS: "Audit"}), "amina")
    record = AccessRecord.objects.get()
    assert (record.how, record.reason, len(record.patients)) == ("search", "Audit", 1)


def test_a_search_that_shows_no_patient_leaves_no_line_in_the_access_log(customer: Customer):
    found(browser_of(staff("clinician")), "odhiambo")
    assert not AccessRecord.objects.exists()


def test_nothing_found_says_where_it_was_looked_for(customer: Customer):
    page = found(browser_of(staff("support")), "nobody")
    assert "Nothing was found for “nobody”" in page
    assert "customers (name, code, phone number" in page
    assert "patients" not in page
    assert "patients (name" in found(browser_of(staff("clinician")), "nobody")


def test_short_words_are_looked_for_as_numbers_and_pages_alone(customer: Customer):
    page = found(browser_of(staff("support")), "am")
    assert "type a word of three letters or more" in page
    assert CUSTOMERS not in titles(page)
    CustomerFactory.create(name="王芳")
    assert CUSTOMERS in titles(found(browser_of(staff("support")), "王芳"))


@pytest.mark.parametrize(
    "text", ["%", "_", "*", "%%%%", "___", "a%a", "\x00", "'\"<script>", ":*|!&"]
)
def test_wildcards_and_signs_find_nobody(customer: Customer, text: str):
    page = found(browser_of(staff("support")), text)
    assert CUSTOMERS not in titles(page)
    assert "<script>" not in page.partition('id="page-content"')[2]


def test_ten_thousand_letters_are_refused_in_words_and_not_looked_for(customer: Customer):
    client = browser_of(staff("support"))
    client.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page = found(client, "amina " * 1700)
    assert "search for at most 200 characters" in page
    assert not any("customers_customer" in each["sql"] for each in few)


def test_more_of_one_kind_has_a_page(customer: Customer):
    for _ in range(8):
        placed_order(customer)
    client = browser_of(staff("support"))
    assert f"{URL}?s=amina&amp;in=orders" in found(client, "amina")
    page = found(client, "amina", **{"in": "orders"})
    assert titles(page) == [ORDERS]
    assert all(f"/admin/orders/order/{order.pk}/" in page for order in Order.objects.all())
    assert client.get(URL, {"s": "amina", "in": "patients"}).status_code == 404


def test_the_box_gets_the_lines_alone(customer: Customer):
    answer = browser_of(staff("support")).get(URL, {"s": "amina"}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert titles(page) == THEIRS
    assert "<html" not in page
    assert answer.headers["Cache-Control"].startswith("max-age=0")


def test_every_page_has_the_box():
    page = browser_of(staff("support")).get("/admin/orders/order/").content.decode()
    assert 'id="site-search"' in page
    assert f'action="{URL}"' in page
    assert '<noscript><link rel="stylesheet" href="/static/desk/no-script.css">' in page


def test_a_search_costs_the_same_however_much_is_found(
    customer: Customer, django_assert_num_queries
):
    client = browser_of(staff("auditor"), access_reasons={LISTS: "Audit"})
    client.get(URL)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            found(client, "amina")
        return len(asked)

    before = statements()
    for _ in range(3):
        twin = CustomerFactory.create(name="Amina Twin")
        placed_order(twin)
        notify(twin, message="Hello", channel="sms", by="user:test")
        study_of(PatientFactory.create(first_name="Amina"))
    assert statements() == before <= 18


def test_who_is_not_signed_in_finds_nothing():
    answer = Client().get(URL, {"s": "amina"})
    assert (answer.status_code, "/login/" in answer.headers["location"]) == (302, True)
