"""Personal data goes through endpoints, pages, tasks and failures, and none of it is in the log."""

import itertools
import logging

import pytest

from clinical.models import Patient
from core.observability.logs import JsonFormatter
from identity.tests.factories import staff
from notifications.delivery import queues
from orders.models import Order
from orders.tests.factories import ProductFactory
from shipping.dispatch import queue

PHONE = "+447451277972"
MARKS = ["Zqjane", "zqmail", "7451277972", "Zqstreet", "1931-07", "zqknee", "192.0.2.7"]
PERSON = {"name": "Zqjane", "email": "zqmail@example.com", "phone_number": PHONE}
ADDRESS = {
    "recipient": "Zqjane",
    "line_1": "Zqstreet",
    "city": "London",
    "postcode": "W2 6NB",
    "country": "GB",
}


@pytest.fixture
def lines():
    """All that anybody logs, as production would write it."""
    found: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record):
            found.append(self.format(record))

    handler, root, access = Handler(), logging.getLogger(), logging.getLogger("core.access")
    handler.setFormatter(JsonFormatter())
    root.addHandler(handler)
    levels = root.level, access.level
    root.setLevel("INFO")
    access.setLevel("INFO")
    yield found
    root.setLevel(levels[0])
    access.setLevel(levels[1])
    root.removeHandler(handler)


def through_the_api(client):
    """Requests that succeed, are refused and collide, with personal data wherever it fits."""
    ProductFactory(item_id="it-1")
    customer = client.post("/api/v1/customers/", PERSON, format="json").json()["id"]
    order = {
        "customer": customer,
        "items": [{"item_id": "it-1", "quantity": 1}],
        "delivery_address": ADDRESS,
    }
    patient = {
        "first_name": "Zqjane",
        "last_name": "Zqjane",
        "birth_date": "1931-07-13",
        "email": "zqmail@example.com",
        "customer": customer,
    }
    study = {"urgency_level": "LOW", "body_part": "zqknee", "type": "CT", "description": "zqknee"}
    yield client.post("/api/v1/orders/", order, format="json", HTTP_IDEMPOTENCY_KEY="Zqjane-1")
    yield client.post("/api/v1/orders/", order | {"Zqjane": 1}, format="json")
    yield client.post("/api/v1/patients/", patient, format="json")
    key = Patient.objects.get().pk
    yield client.post(f"/api/v1/patients/{key}/studies/", study, format="json")
    yield client.post(f"/api/v1/patients/{key}/studies/", study | {"type": "zqknee"}, format="json")
    said = {"customer": customer, "message": "Dear Zqjane", "channel": "email"}
    yield client.post("/api/v1/notifications/", said, format="json")
    yield client.get("/api/v1/customers/?search=Zqjane")
    yield client.get("/api/v1/customers/?email=zqmail@example.com")
    yield client.get("/api/v1/patients/?email=zqmail@example.com&birth_date=1931-07-13")
    yield client.delete(f"/api/v1/customers/{customer}/")
    yield client.post("/api/v1/webhooks/africastalking/Zqjane/delivery/", {"phoneNumber": PHONE})
    yield client.post("/api/v1/customers/", '{"name": "Zqjane"', content_type="application/json")


def through_the_admin(client):
    """Pages, searches, and a sign-in that fails."""
    yield client.post("/admin/login/", {"username": "Zqjane", "password": "zqmail"})
    client.force_login(
        staff(is_superuser=True, username="Zqjane"), "django.contrib.auth.backends.ModelBackend"
    )
    yield client.get("/admin/customers/customer/?q=Zqjane")
    yield client.get("/admin/clinical/patient/?q=Zqjane", HTTP_ACCESS_REASON="Zqjane called")
    yield client.get(f"/admin/orders/order/{Order.objects.get().pk}/change/")
    yield client.post("/admin/customers/customer/add/", PERSON)
    yield client.get("/admin/Zqjane/")
    yield client.get("/stop/7.email.Zqjane~Zqjane/")
    yield client.post("/stop/7.email.Zqjane~Zqjane/")


@pytest.mark.django_db(transaction=True)
def test_nothing_personal_is_in_the_log(api, client, lines, delivered, settings):
    settings.REFERENCE_PROVIDER_URL = "http://127.0.0.1:9/"
    settings.EMAIL_GATEWAY_URL = settings.AFRICAS_TALKING_BASE_URL = "http://127.0.0.1:9/"
    program = api()
    program.defaults["REMOTE_ADDR"] = client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    program.raise_request_exception = client.raise_request_exception = False
    answers = [*itertools.chain(through_the_api(program), through_the_admin(client))]
    queue.dispatch()
    queues.dispatch()
    logging.getLogger("django.request").error("Internal Server Error: %s", "/Zqjane/")
    text = "\n".join(lines)
    assert len(lines) > len(answers) > 15
    assert '"status": 201' in text
    assert '"route": "api/v1/patients/' in text
    assert not [mark for mark in MARKS if mark in text]
