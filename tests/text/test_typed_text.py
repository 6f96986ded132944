"""Text at every door: what shows nothing, what is pasted, what was composed otherwise."""

import time
import unicodedata
from typing import Any

import pytest
from django.test import Client

from clinical.models import Study
from clinical.tests.factories import PatientFactory
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import AccessRecord
from identity.tests.factories import UserFactory
from notifications.models import Notification
from orders.models import Order
from orders.tests.factories import ADDRESS, ProductFactory
from shipping.provider_api import formatting

API = "/api/v1"
NOTHING = [
    "\u200b",
    "\u00ad",
    "\u2060",
    "\u3164",
    "\u2800",
    "\ufeff",
    "\u034f",
    "\u00a0\u2003",
    "\u0301",
]
pytestmark = pytest.mark.django_db


def refused(answer: Any) -> set[str]:
    assert answer.status_code == 400, answer.data
    return {error["attr"].rpartition(".")[2] for error in answer.data["errors"]}


@pytest.fixture
def order(api):
    ProductFactory.create(item_id="tote-1")
    customer = CustomerFactory.create()

    def place(**lines: str) -> Any:
        body = {"customer": customer.pk, "items": [{"item_id": "tote-1", "quantity": 1}]}
        address = {**ADDRESS, **lines}
        return api().post(f"{API}/orders/", body | {"delivery_address": address}, format="json")

    return place


@pytest.mark.parametrize("nothing", NOTHING)
def test_text_that_shows_nothing_is_refused_like_blanks(api, order, nothing):
    """F11: a parcel to nobody, a patient without a name, an empty SMS."""
    post, patient = api().post, PatientFactory.create()
    assert refused(post(f"{API}/customers/", {"name": nothing}, format="json")) == {"name"}
    who = {"first_name": nothing, "last_name": nothing, "birth_date": "1985-04-10"}
    assert refused(post(f"{API}/patients/", who, format="json")) >= {"first_name"}
    study = {"urgency_level": "HIGH", "type": "XRAY", "body_part": nothing}
    studies = f"{API}/patients/{patient.pk}/studies/"
    assert refused(post(studies, study, format="json")) == {"body_part"}
    sms = {"customer": CustomerFactory.create().pk, "message": nothing}
    assert refused(post(f"{API}/notifications/", sms, format="json")) == {"message"}
    assert refused(order(recipient=nothing, line_1=nothing)) == {"recipient", "line_1"}
    assert Order.objects.count() + Study.objects.count() + Notification.objects.count() == 0


def test_text_that_shows_nothing_is_refused_in_the_admin(client: Client):
    client.force_login(UserFactory.create(is_superuser=True))
    page = client.post("/admin/orders/product/add/", {"name": "\u200b", "item_id": "\u2060"})
    assert {"name", "item_id"} <= set(page.context["adminform"].form.errors)


@pytest.mark.parametrize(
    "typed",
    [
        "jane@example.com\u200b",
        "jane@example.com\ufeff",
        "jane@example.com\u2060",
        "\u202ajane@example.com\u202c",
        "jane@exam\u00adple.com",
        "jane@ｅxample.com",
    ],
)
def test_an_email_address_is_stored_clean_and_found(api, typed):
    """F12: mail servers do not map away what IDNA does."""
    answer = api().post(f"{API}/customers/", {"name": "A", "email": typed}, format="json")
    assert answer.data["email"] == "jane@example.com"
    found = api().get(f"{API}/customers/", {"email": f"{typed}\u200b".upper()}).data["results"]
    assert [row["id"] for row in found] == [answer.data["id"]]


def test_an_unescaped_plus_finds_its_address(api):
    CustomerFactory.create(email="jo+tag@example.com")
    assert len(api().get(f"{API}/customers/?email=jo+tag@example.com").data["results"]) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "\u202a+447451277972\u202c",
        "\u202d+44 7451\u00a0277972\u202c",
        "\u2068+44 7451\u2011277\u2011972\u2069",
        "\u200e07451 277972",
    ],
)
def test_a_number_pasted_from_contacts_is_taken(api, client, typed):
    """F13: phones and offices put marks round numbers that nobody sees."""
    answer = api().post(f"{API}/customers/", {"name": "A", "phone_number": typed}, format="json")
    assert answer.data["phone_number"] == "+447451277972"
    found = api().get(f"{API}/customers/", {"phone_number": typed}).data["results"]
    assert [row["id"] for row in found] == [answer.data["id"]]


@pytest.mark.parametrize(
    ("field", "composed"),
    [
        ("recipient", "Hélène Éléonore Désirée Frédérique"),
        ("line_1", "Ünterölmühläckerstraße Süd 12 Ärzte"),
        ("city", "서울특별시 강남구 테헤란로길 한"),
    ],
)
def test_a_length_is_counted_in_characters_however_they_are_composed(order, field, composed):
    """F19: the carrier's 35 are characters."""
    answer = order(**{field: unicodedata.normalize("NFD", composed)})
    assert answer.status_code == 201, answer.data
    assert answer.data["delivery_address"][field] == composed
    assert order(**{field: "é" * 36}).status_code == 400


def test_a_long_text_of_marks_costs_nothing(api):
    body = {"name": "é\u200b" * 30_000, "email": "\u2060ü" * 30_000}
    begun = time.process_time()
    assert refused(api().post(f"{API}/customers/", body, format="json")) == {"name", "email"}
    assert time.process_time() - begun < 0.5


def test_carriers_get_common_blanks(order):
    """F27: a postcode copied from a web page."""
    assert order(postcode="W2\u00a06NB", city="New\u2009\u3000York").status_code == 201
    kept = Order.objects.get()
    assert (kept.postcode, kept.city) == ("W2 6NB", "New York")


def test_a_row_from_before_is_handed_to_carriers_clean():
    assert formatting.fit("zip", "W2\u00a06NB\u200b") == "W2 6NB"
    assert formatting.fit("name", unicodedata.normalize("NFD", "é" * 35)) == "é" * 35


def test_the_admin_stores_what_the_api_would(client):
    client.force_login(UserFactory.create(is_superuser=True))
    customer = AddressFactory.create().customer
    page = client.get(f"/admin/customers/customer/{customer.pk}/change/")
    values = {
        f"{form.prefix}-{name}" if form.prefix else name: form[name].value()
        for form in _forms(page)
        for name in form.fields
    }
    typed = {
        "name": "Zoe\u0301\u00a0\u200bQ",
        "phone_number": "\u202a07451\u00a0277972\u202c",
        "email": "a@b.example\u200b",
        "addresses-0-postcode": "W2\u00a06NB",
    }
    sent = {**{k: v for k, v in values.items() if v is not None and v is not False}, **typed}
    answer = client.post(page.request["PATH_INFO"], sent)
    assert answer.status_code == 302, [f.errors for f in _forms(answer)]
    customer.refresh_from_db()
    assert (customer.name, str(customer.phone_number)) == ("Zoé Q", "+447451277972")
    assert (customer.email, customer.addresses.get().postcode) == ("a@b.example", "W2 6NB")


def _forms(page: Any) -> Any:
    yield page.context["adminform"].form
    for formset in page.context["inline_admin_formsets"]:
        yield formset.formset.management_form
        yield from formset.formset.forms


@pytest.mark.parametrize("reason", ["Zweitmeinung für Ärztin", "второе мнение", "Straße", "plain"])
def test_the_access_log_holds_the_reason_as_it_was_given(api, reason):
    """F10: WSGI hands a header on as latin-1; it is UTF-8."""
    patient = PatientFactory.create()
    sent = reason.encode().decode("latin-1")
    api().get(f"{API}/patients/{patient.pk}/", HTTP_ACCESS_REASON=sent)
    assert AccessRecord.objects.latest("id").reason == reason


@pytest.mark.parametrize("nothing", NOTHING)
def test_a_reason_that_shows_nothing_is_none(client, nothing):
    client.force_login(UserFactory.create(is_superuser=True))
    assert client.post("/admin/reason/?for=1", {"other": nothing}).status_code == 200
    assert "access_reasons" not in client.session


def test_what_was_stored_is_what_is_answered(api):
    name = "Máire O’Shea‑Byrne 森田 می\u200cخواهم 👩\u200d⚕\ufe0f"
    made = api().post(f"{API}/customers/", {"name": name}, format="json").data
    assert api().get(f"{API}/customers/{made['id']}/").json()["name"] == name
    assert Customer.objects.get().name == name
