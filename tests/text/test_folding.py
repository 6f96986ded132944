"""Text folded by the database, for search and order."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

from core.database.folding import Folded, containing
from core.tests.plans import forget_statistics
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.tests.factories import UserFactory
from orders.models import Product
from orders.tests.factories import ProductFactory

LAST_CHANGE = "0012_more_letters_and_signs"
# Indexes that are younger, and the migration that made each.
LATER = {
    "address_by_recipient": ("customers", "0010_addresses_by_recipient"),
    "order_by_recipient": ("orders", "0009_orders_by_recipient"),
}
ALPHABET = ["adams", "Åse", "Baker", "de Vries", "Émile", "O'Brien", "Obrist", "Øster", "Zoe"]
URL = "/api/v1/customers/"
pytestmark = pytest.mark.django_db


def names(api, query, page_size=200):
    """All pages, one behind the other."""
    client, seen = api(), []
    url = f"{URL}?{query}&page_size={page_size}"
    while url:
        body = client.get(url).json()
        seen += body["results"]
        url = body["next"]
    return seen


@pytest.mark.parametrize("page_size", [1, 2, 200])
def test_names_come_in_a_persons_alphabet(api, page_size):
    """F26: capitals and accents make no difference."""
    for name in reversed(ALPHABET):
        CustomerFactory.create(name=name)
    assert [row["name"] for row in names(api, "ordering=name", page_size)] == ALPHABET
    backwards = [row["name"] for row in names(api, "ordering=-name", page_size)]
    assert backwards == ALPHABET[::-1]


@pytest.mark.parametrize("ordering", ["name", "-name", "name,id", "name,created_at"])
def test_pages_walk_each_row_once_where_names_are_equal(api, ordering):
    same = ["Émile", "Emile", "emile", "E\u0301mile", "Emile", "\u200bEmile", '"Emile"'] * 3
    for name in same:
        CustomerFactory.create(name=name)
    seen = [row["id"] for row in names(api, f"ordering={ordering}", 2)]
    assert len(seen) == len(set(seen)) == len(same)


def test_a_page_in_alphabetical_order_is_one_statement(api, django_assert_num_queries):
    for name in ALPHABET:
        CustomerFactory.create(name=name)
    client = api()
    first = client.get(f"{URL}?ordering=name&page_size=2").json()
    with django_assert_num_queries(2):  # the token's, and the list
        client.get(first["next"])


def test_the_order_is_read_from_its_index(api):
    forget_statistics(sorting=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN SELECT id FROM customers_customer WHERE sort_key(name) COLLATE \"C\" > 'm' "
            'ORDER BY sort_key(name) COLLATE "C", name, id DESC LIMIT 51'
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan" in plan or "Index Scan using customer_by_alphabet" in plan
    assert "Sort" not in plan.replace("sort_key", "")


def test_letters_with_hooks_and_bars_stand_with_the_letter_they_are_made_of(api):
    ordered = [
        "Aled",
        "Ɓala",
        "Bola",
        "Ɗan",
        "Dua",
        "Əli",
        "Eva",
        "Ƙasim",
        "Kim",
        "Ŋala",
        "Ɔkra",
        "Zoe",
    ]
    for name in reversed(ordered):
        CustomerFactory.create(name=name)
    assert [row["name"] for row in names(api, "ordering=name")] == ordered


def test_each_letter_is_folded():
    letters = import_module(f"core.migrations.{LAST_CHANGE}").LETTERS
    assert len(letters) > 150
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold_text(%s)", ["".join(letters)])
        assert cursor.fetchone()[0] == "".join(letters.values())


def test_each_index_of_folded_text_is_built_anew_after_the_functions_last_change():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes"
            " WHERE indexdef ~ '(search_vector|sort_key|fold_text)\\('"
        )
        indexes = {name for (name,) in cursor.fetchall()}
    loader = MigrationLoader(connection)
    rebuilt = {
        str(operation.sql).rpartition(" ")[2]
        for migration in loader.disk_migrations.values()
        if ("core", LAST_CHANGE) in migration.dependencies
        for operation in migration.operations
        if isinstance(operation, RunSQL)
    }
    assert len(indexes) == 3 + len(LATER)
    for node in LATER.values():
        assert ("core", LAST_CHANGE) in loader.graph.forwards_plan(node)
    assert indexes - set(LATER) < rebuilt  # those of patients went when these were encrypted


def test_products_are_sorted_so_too(api):
    for name in ("Zinc", "äther", "Balm"):
        ProductFactory.create(name=name)
    listed = api().get("/api/v1/products/?ordering=name").data["results"]
    assert [row["name"] for row in listed] == ["äther", "Balm", "Zinc"]


def test_the_admin_sorts_so_too(admin_user_client):
    for name in reversed(ALPHABET):
        CustomerFactory.create(name=name)
    page = admin_user_client.get("/admin/customers/customer/?o=1")
    assert [row.name for row in page.context["cl"].result_list] == ALPHABET
    page = admin_user_client.get("/admin/customers/customer/?o=-1")
    assert [row.name for row in page.context["cl"].result_list] == ALPHABET[::-1]


@pytest.fixture
def admin_user_client(client):
    client.force_login(UserFactory.create(is_superuser=True))
    return client


def test_small_lists_are_searched_as_they_are_seen(admin_user_client):
    product = ProductFactory.create(name="Crème\u00a0d’amande")
    ProductFactory.create(name="Soap")
    for typed in ("creme d'amande", "cre\u0300me", "D’AMANDE", "amande, crème"):
        page = admin_user_client.get("/admin/orders/product/", {"q": typed.replace(",", "")})
        assert list(page.context["cl"].result_list) == [product], typed


def test_signs_of_a_pattern_are_plain_text():
    product = ProductFactory.create(name="50% off_x\\y")
    ProductFactory.create(name="500 offers")
    rows = Product.objects.all()
    for typed in ("50%", "off_x", "x\\y"):
        assert list(containing(rows, ["name"], typed)) == [product]


def test_folding_twice_changes_nothing():
    odd = 'Máire O’Shea ‑ "Bim" (Kiki) Łódź ﷺ 森田\u3000花子 ΣΟΦΟΣ İ ẞ ﬁ'
    CustomerFactory.create(name=odd)
    twice = Customer.objects.values_list(Folded("name"), Folded(Folded("name"))).get()
    assert twice[0] == twice[1]
