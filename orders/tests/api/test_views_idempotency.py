"""`Idempotency-Key` on orders, over HTTP."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import connection
from django.db.models.signals import post_save
from rest_framework.test import APIClient

from core.models import IdempotencyKey
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.rights.scopes import SCOPES
from identity.tests.factories import ServiceClientFactory, client_for
from identity.tests.issuer import shared_issuer
from orders.models import Order
from orders.tests.factories import KitFactory, ProductFactory

URL = "/api/v1/orders/"


def sale(customer, **change):
    return {"customer": customer.pk, "item": "tea", "amount": "2.50", **change}


def keyed(client, body, key="k1", url=URL):
    return client.post(url, body, format="json", headers={"Idempotency-Key": key})


def test_the_same_key_gives_the_same_answer_and_one_order(api):
    customer, client = CustomerFactory.create(), api()
    first, again = keyed(client, sale(customer)), keyed(client, sale(customer))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Order.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(api):
    customer, client = CustomerFactory.create(), api()
    keyed(client, sale(customer))
    assert keyed(client, sale(customer, amount="3.50")).status_code == 422
    assert Order.objects.count() == 1


def test_a_token_that_may_see_less_is_shown_no_answer_of_another(api):
    customer = CustomerFactory.create()
    more = ("orders:read", "orders:write", "customers:read")
    assert keyed(api(*more), sale(customer)).status_code == 201
    refused = keyed(api(*more[:2]), sale(customer))
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "idempotency_key_of_another_token"
    assert keyed(api(), sale(customer)).headers["Idempotency-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_another_key_makes_another_order(api):
    customer, client = CustomerFactory.create(), api()
    keyed(client, sale(customer))
    keyed(client, sale(customer), key="k2")
    assert Order.objects.count() == 2


def test_a_refused_request_may_be_mended_under_its_key(api):
    customer, client = CustomerFactory.create(), api()
    assert keyed(client, sale(customer, amount="-1")).status_code == 400
    assert keyed(client, sale(customer)).status_code == 201


def test_every_way_of_placing_an_order_honours_the_key(api):
    KitFactory.create(item_id="ancestry")
    ProductFactory.create(item_id="it-1")
    home = AddressFactory.create()
    client, items = api(), {"items": [{"item_id": "it-1", "quantity": 1}]}
    ways = {
        f"/api/v1/customers/{home.customer_id}/orders/": items,
        "/api/v1/dna-kit-orders/": {"customer": home.customer_id, "kit_type": "ancestry"},
        "/api/v1/sales/create-order/": sale(home.customer),
    }
    for number, (url, body) in enumerate(ways.items(), start=1):
        answers = [keyed(client, body, url=url) for _ in range(2)]
        assert answers[1]["Idempotency-Replayed"] == "true"
        assert Order.objects.count() == number


@pytest.mark.django_db(transaction=True)
def test_twins_in_parallel_make_one_order():
    customer = CustomerFactory.create()
    client_for(tuple(SCOPES))  # makes the caller known before the twins start

    def post(_: int) -> int:
        try:
            return int(keyed(client_for(tuple(SCOPES)), sale(customer)).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(post, range(50)))
    assert Order.objects.count() == 1
    assert 201 in answers
    assert set(answers) <= {201, 409}
    replayed = keyed(client_for(tuple(SCOPES)), sale(customer))
    assert (replayed.status_code, replayed["Idempotency-Replayed"]) == (201, "true")


def test_after_a_day_the_key_is_free_again(api):
    customer, client = CustomerFactory.create(), api()
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as clock:
        first = keyed(client, sale(customer)).json()
        clock.shift(24 * 3600)
        assert keyed(client, sale(customer)).json() == first
        clock.shift(1)
        assert "Idempotency-Replayed" not in keyed(client, sale(customer, amount="3.50"))
    assert Order.objects.count() == 2


def test_a_key_belongs_to_one_client_and_one_address(api):
    customer, client = CustomerFactory.create(), api()
    keyed(client, sale(customer))
    ServiceClientFactory(client_id="another")
    token = shared_issuer().sign(scope="orders:write", sub="another", client_id="another")
    other = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    for answer in (
        keyed(other, sale(customer)),
        keyed(client, sale(customer), url="/api/v1/sales/create-order/"),
    ):
        assert answer.status_code == 201
        assert "Idempotency-Replayed" not in answer
    assert Order.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_crash_before_the_commit_leaves_neither_order_nor_key(api):
    customer, client = CustomerFactory.create(), api()

    def crash(**_):
        connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")

    client.raise_request_exception = False
    post_save.connect(crash, sender=IdempotencyKey)
    try:
        assert keyed(client, sale(customer)).status_code == 500
    finally:
        post_save.disconnect(crash, sender=IdempotencyKey)
        connection.close()
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert keyed(client, sale(customer)).status_code == 201
