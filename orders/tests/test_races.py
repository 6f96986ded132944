"""Two requests at once: one of them is told, neither crashes, nothing is half done."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models.signals import post_save

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from orders.models import Order, OrderEvent
from orders.tests.factories import placed_sale

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
