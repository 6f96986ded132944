"""Reference data that is kept in each process, and never older than the database shows it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection, transaction

from core.database.reference import Kept, KeptWhole, current_mark, reference_models
from core.database.unit_of_work import unit_of_work
from core.models import ReferenceMark
from orders.models import Product, on_sale
from orders.tests.factories import ProductFactory
from shipping.models import ProviderProfile

pytestmark = pytest.mark.django_db


def read():
    return KeptWhole(lambda: list(Product.objects.order_by("pk").values_list("name", flat=True)))


def test_what_is_kept_is_read_once(django_assert_num_queries):
    kept = read()
    kept.get()
    with django_assert_num_queries(1):  # the mark
        kept.get()
    with unit_of_work():
        kept.get()
        with django_assert_num_queries(0):
            kept.get()


@pytest.mark.parametrize("model", reference_models(), ids=lambda model: model.__name__)
def test_every_way_of_changing_it_renews_the_mark(model):
    table, marks = model._meta.db_table, [current_mark()]
    with connection.cursor() as cursor:
        for change in (
            f"UPDATE {table} SET id = id WHERE FALSE",
            f"DELETE FROM {table} WHERE FALSE",
            f"INSERT INTO {table} SELECT * FROM {table} WHERE FALSE",
        ):
            cursor.execute(change)
            marks.append(current_mark())
    assert len(set(marks)) == 4


def test_what_was_changed_added_or_deleted_is_read_anew():
    kept, product = read(), ProductFactory.create(name="a")
    assert kept.get() == ["a"]
    Product.objects.update(name="b")
    assert kept.get() == ["b"]
    ProductFactory.create(name="c")
    assert kept.get() == ["b", "c"]
    Product.objects.filter(pk=product.pk).delete()
    assert kept.get() == ["c"]


def test_a_change_in_the_same_unit_counts_at_once():
    kept = read()
    with unit_of_work() as unit:
        assert kept.get() == []
        ProductFactory.create(name="a")
        assert kept.get() == ["a"]
        unit.add(ProductFactory.build(name="b"))
        assert kept.get() == ["a", "b"]


def test_what_was_rolled_back_is_not_kept():
    kept = read()
    with suppress(ZeroDivisionError), transaction.atomic():
        ProductFactory.create(name="never")
        assert kept.get() == ["never"]
        raise ZeroDivisionError
    assert kept.get() == []
    ProductFactory.create(name="a")
    assert kept.get() == ["a"]


def test_what_a_savepoint_took_back_is_not_gone_by_in_the_rest_of_the_unit():
    kept = read()
    with unit_of_work():
        with suppress(ZeroDivisionError), transaction.atomic():
            ProductFactory.create(name="never")
            assert kept.get() == ["never"]
            raise ZeroDivisionError
        assert kept.get() == []


def test_what_programs_write_all_day_renews_nothing():
    ProviderProfile.ensured("reference")
    before = current_mark()
    ProviderProfile.objects.update(webhook_at="2026-01-01T00:00Z")
    assert current_mark() == before
    ProviderProfile.objects.update(is_active=False)
    assert current_mark() != before


def test_only_what_somebody_asked_for_is_read_and_what_is_not_there_is_not_kept():
    asked = []

    def load(keys):
        asked.append(list(keys))
        return {key: key for key in keys if key != "none"}

    kept = Kept(load)
    assert kept.get_many(["a", "none"]) == {"a": "a"}
    assert kept.get("none") is None
    assert kept.get("a") == "a"
    assert asked == [["a", "none"], ["none"]]


def test_without_a_mark_nothing_that_is_kept_counts():
    kept = read()
    kept.get()
    ReferenceMark.objects.all().delete()
    assert kept.get() == []
    ProductFactory.create(name="a")
    assert kept.get() == ["a"]


@pytest.mark.django_db(transaction=True)
def test_another_process_sees_a_change_when_it_is_committed():
    product = ProductFactory.create()

    def price():
        try:
            return str(on_sale([product.item_id])[product.item_id].price)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Product.objects.update(price="7.00")
            assert pool.submit(price).result() != "7.00"
        assert pool.submit(price).result() == "7.00"


def until_somebody_waits():
    """Until a session waits for a lock of another; also seen from within a transaction."""
    with connection.cursor() as cursor:
        for _ in range(3000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")


@pytest.mark.django_db(transaction=True)
def test_two_who_change_the_same_rows_wait_for_each_other_and_never_crosswise():
    one, two = ProductFactory.create(name="a"), ProductFactory.create(name="b")

    def rename():
        try:
            Product.objects.filter(pk=two.pk).update(name="theirs")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Product.objects.filter(pk=one.pk).update(name="mine")
            other = pool.submit(rename)
            until_somebody_waits()
            Product.objects.filter(pk=two.pk).update(name="mine")
        other.result()
    assert read().get() == ["mine", "theirs"]
