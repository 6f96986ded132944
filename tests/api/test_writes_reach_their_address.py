"""A write without the last slash is done, or refused; and what its answer lets be kept."""

import re

import pytest
from django.test import Client

from customers.tests.factories import CustomerFactory
from orders.models import Order
from tests.matrix import addresses

SALE = {"item": "x", "amount": "1.00"}


def test_a_write_without_the_last_slash_is_done(api):
    client, customer = api(), CustomerFactory.create()
    answer = client.post(
        "/api/v1/orders", {**SALE, "customer": customer.pk}, format="json", follow=True
    )
    assert answer.status_code == 201
    assert client.post(f"/api/v1/customers/{customer.pk}/orders", SALE, format="json").json()["id"]
    where = f"/api/v1/customers/{customer.pk}"
    assert client.patch(where, {"name": "Ada"}, format="json").status_code == 200
    assert client.put(where, {"name": "Eve"}, format="json").json()["name"] == "Eve"
    assert client.delete(where).status_code == 409
    assert Order.objects.count() == 2


def test_the_same_key_means_the_same_with_and_without_the_slash(api):
    client, body = api(), {**SALE, "customer": CustomerFactory.create().pk}
    for path in ("/api/v1/orders", "/api/v1/orders/", "/api/v1/orders"):
        client.post(path, body, format="json", headers={"Idempotency-Key": "k"})
    assert Order.objects.count() == 1


@pytest.mark.parametrize("route", sorted(addresses.routes()))
def test_no_write_is_ever_answered_by_a_redirect_to_the_slash(route, db):
    where = "/" + re.sub(r"<(\w+:)?\w+>", "1", route.replace("(?P<url>.*)", "x")).rstrip("/")
    client = Client(raise_request_exception=False)
    for method in (client.post, client.put, client.patch, client.delete):
        answer = method(where, "{}", "application/json")
        assert answer.status_code not in (301, 302, 303) or answer["Location"] != f"{where}/"
        assert answer.status_code != 301


def test_a_form_of_the_admin_sent_without_the_slash_is_sent_on_as_it_is(admin_client):
    path = "/admin/customers/customer/add"
    answer = admin_client.post(path, {"name": "A"})
    assert (answer.status_code, answer["Location"]) == (308, f"{path}/")
    assert admin_client.get(path).status_code == 301


@pytest.mark.parametrize(("method", "status"), [("post", 308), ("delete", 308), ("get", 301)])
def test_https_is_asked_for_without_losing_a_write(settings, method, status, db):
    settings.SECURE_SSL_REDIRECT = True
    answer = getattr(Client(), method)("/api/v1/orders/")
    assert (answer.status_code, answer["Location"]) == (status, "https://testserver/api/v1/orders/")


def test_a_look_without_the_slash_is_led_to_the_address(api):
    answer = api().get("/api/v1/orders")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/orders/")


def test_nothing_on_the_way_may_keep_an_answer_of_the_api(api):
    client = api()
    for answer in (
        client.get("/api/v1/patients/"),
        client.get("/api/v1/patients/1/"),
        Client().get("/api/v1/patients/"),
        client.post("/api/v1/patients/", {}, format="json"),
        Client().post("/api/v1/orders/", b"x" * 1_048_577, content_type="application/json"),
    ):
        assert answer["Cache-Control"] == "no-store"
