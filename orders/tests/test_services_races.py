"""Two requests at once: one of them is told, neither crashes, nothing is half done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.models.signals import post_save
from django.test import Client

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from orders.address_page.link import token_for
from orders.models import Order, OrderEvent
from orders.tests.factories import ADDRESS, placed_kit_order, placed_sale

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work):
    """Do it in another connection, and commit it."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def test_E1_an_order_for_a_customer_who_is_deleted_meanwhile_is_a_conflict(api):
    customer = CustomerFactory.create()

    def delete_the_customer(**_):
        elsewhere(Customer.objects.filter(pk=customer.pk).delete)

    post_save.connect(delete_the_customer, sender=OrderEvent)
    try:
        body = {"customer": customer.pk, "item": "tea", "amount": "1"}
        answer = api().post("/api/v1/orders/", body, format="json")
    finally:
        post_save.disconnect(delete_the_customer, sender=OrderEvent)
    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_one_of_two_cancellations_at_once_is_refused(api):
    order = placed_sale()
    url = f"/api/v1/orders/{order.pk}/cancel/"
    clients = [api(), api()]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda client: _cancel(client, url), clients))
    assert sorted(answers) == [200, 409]
    assert order.events.filter(kind="cancelled").count() == 1


def _cancel(client, url):
    try:
        return client.post(url).status_code
    finally:
        connection.close()


@contextmanager
def reported(code: str) -> Iterator[None]:
    """PostgreSQL reports this error while an event of an order is written."""

    def report(**_):
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE 'secret' USING ERRCODE = '{code}'; END $$")

    post_save.connect(report, sender=OrderEvent)
    try:
        yield
    finally:
        post_save.disconnect(report, sender=OrderEvent)


@pytest.mark.parametrize("code", ["40P01", "40001", "55P03"])  # deadlock, serialization, lock
def test_what_was_in_the_way_is_a_503_and_the_same_request_does_it_later(api, code):
    order, client = placed_sale(), api()
    url, key = f"/api/v1/orders/{order.pk}/cancel/", {"HTTP_IDEMPOTENCY_KEY": "once"}
    with reported(code):
        answer = client.post(url, **key)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    [error] = answer.json()["errors"]
    assert (answer.json()["type"], error["code"]) == ("server_error", "in_the_way")
    assert b"secret" not in answer.content
    order.refresh_from_db()
    assert order.state == "placed"
    assert client.post(url, **key).status_code == 200


def test_a_page_says_so_too():
    order = placed_kit_order(customer=CustomerFactory.create())
    browser = Client(raise_request_exception=False)
    with reported("40P01"):
        answer = browser.post(f"/address/{token_for(order.pk)}/", ADDRESS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert b"do it again" in answer.content


def test_other_errors_of_the_database_are_our_fault(api):
    order, client = placed_sale(), api()
    client.raise_request_exception = False
    with reported("57014"):
        answer = client.post(f"/api/v1/orders/{order.pk}/cancel/")
    assert answer.status_code == 500
