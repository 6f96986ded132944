"""`Idempotency-Key` on orders, over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, get_ident

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models.signals import post_save
from rest_framework.test import APIClient

from core.api.idempotency import forget_old_keys
from core.database import clock
from core.models import IdempotencyKey
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.rights.scopes import SCOPES
from identity.tests.factories import ServiceClientFactory, client_for
from identity.tests.issuer import shared_issuer
from orders.models import Order, OrderEvent
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


def test_the_answer_is_kept_once(api):
    first = keyed(api(), sale(CustomerFactory.create()))
    kept = IdempotencyKey.objects.get()
    assert (kept.answer, kept.answer_text) == (None, "")
    assert json.loads(kept.encrypted_answer) == first.json()


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


def post(customer, **sent):
    """Post it in a thread of one's own."""
    try:
        return keyed(client_for(tuple(SCOPES)), sale(customer, **sent))
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_twins_in_parallel_make_one_order_and_all_get_its_answer():
    customer = CustomerFactory.create()
    client_for(tuple(SCOPES))  # makes the caller known before the twins start
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: post(customer), range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["id"] for answer in answers} == {Order.objects.get().pk}
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1


@pytest.fixture
def slow_order():
    """`with slow_order(pool, customer) as end:` somebody places an order, until `end()`."""

    @contextmanager
    def start(pool, customer):
        begun, ended, mine = Event(), Event(), set()

        def wait(**_):
            if get_ident() in mine:
                begun.set()
                ended.wait(30)

        def run():
            mine.add(get_ident())
            try:
                return post(customer)
            finally:
                mine.discard(get_ident())

        post_save.connect(wait, sender=OrderEvent)
        try:
            first = pool.submit(run)
            assert begun.wait(30)
            yield ended.set
            ended.set()
            assert first.result().status_code == 201
        finally:
            ended.set()
            post_save.disconnect(wait, sender=OrderEvent)

    return start


def somebody_waits():
    """Until a session of this database waits for the key of another."""
    with connection.cursor() as cursor:
        for _ in range(3000):
            cursor.execute(
                # what it showed is kept until a transaction ends
                "SELECT pg_stat_clear_snapshot(), count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() "
                "AND wait_event_type = 'Lock' AND query LIKE '%%core_idempotencykey%%'"
            )
            if cursor.fetchone()[1]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("change", "status"), [({}, 201), ({"amount": "9"}, 422)])
def test_a_twin_waits_for_the_answer_of_the_first(slow_order, change, status):
    customer = CustomerFactory.create()
    client_for(tuple(SCOPES))
    with ThreadPoolExecutor(2) as pool, slow_order(pool, customer) as end:
        twin = pool.submit(post, customer, **change)
        somebody_waits()
        assert not twin.done()
        end()
        assert twin.result().status_code == status
        assert twin.result().headers.get("Idempotency-Replayed") == ("true" if not change else None)
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_would_wait_for_too_long_is_told_so(slow_order):
    customer, client = CustomerFactory.create(), client_for(tuple(SCOPES))
    with ThreadPoolExecutor(1) as pool, slow_order(pool, customer):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        try:
            refused = keyed(client, sale(customer))
        finally:
            connection.close()
        assert refused.status_code == 409
        assert refused.json()["errors"][0]["code"] == "idempotency_key_in_flight"


def test_after_a_day_the_key_is_free_again(api):
    customer, client = CustomerFactory.create(), api()
    with time_machine.travel("2026-06-01 12:00:00+00:00", tick=False) as travelled:
        first = keyed(client, sale(customer)).json()
        travelled.shift(24 * 3600)
        assert keyed(client, sale(customer)).json() == first
        travelled.shift(1)
        assert "Idempotency-Replayed" not in keyed(client, sale(customer, amount="3.50"))
    assert Order.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_taken_anew_while_old_ones_are_deleted_is_kept(slow_order):
    customer = CustomerFactory.create()
    post(customer)
    IdempotencyKey.objects.update(created_at=clock.now() - timedelta(hours=25))

    def forget():
        try:
            return forget_old_keys()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with slow_order(pool, customer) as end:
            deleted = pool.submit(forget)
            somebody_waits()
            end()
        assert deleted.result() == 0
    assert post(customer)["Idempotency-Replayed"] == "true"
    assert Order.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_takes_the_place_of_a_refused_one_goes_by_the_rules_of_now(api):
    home, product = AddressFactory.create(), ProductFactory.create(item_id="it-1")
    url = f"/api/v1/customers/{home.customer_id}/orders/"
    body = {"items": [{"item_id": "it-1", "quantity": 1}]}
    assert keyed(api(), body, key="before", url=url).status_code == 201  # it is kept
    scopes = IdempotencyKey.objects.values_list("scope", flat=True)

    def place():
        try:
            return keyed(client_for(tuple(SCOPES)), body, url=url)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with suppress(ZeroDivisionError), transaction.atomic():
            IdempotencyKey.objects.create(
                scope=scopes[0], key="k1", body_hash="", status_code=0, answer={}
            )
            twin = pool.submit(place)
            somebody_waits()
            pool.submit(take_off_sale, product).result()
            raise ZeroDivisionError
        assert twin.result().status_code == 400
    assert Order.objects.count() == 1


def take_off_sale(product):
    """As staff do, in a session of their own."""
    try:
        type(product).objects.filter(pk=product.pk).update(is_active=False)
    finally:
        connection.close()


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
    post_save.connect(crash, sender=OrderEvent)
    try:
        assert keyed(client, sale(customer)).status_code == 500
    finally:
        post_save.disconnect(crash, sender=OrderEvent)
        connection.close()
    assert not Order.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert keyed(client, sale(customer)).status_code == 201
