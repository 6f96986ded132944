"""Products from a file."""

import io
from decimal import Decimal

import pytest
from django.core.management import call_command

from core.imports import Report, run
from orders.imports.products import ProductImporter
from orders.models import Product

pytestmark = pytest.mark.django_db
HEADER = "item_id,name,kind,weight,price,currency,is_active"
KIT = "ancestry,Ancestry kit,dna-kit,120,59.9,GBP,"


def imported(*rows: str, header: str = HEADER) -> Report:
    return run(ProductImporter(), io.BytesIO("\n".join([header, *rows]).encode()), by="user:test")


def figures(report: Report) -> tuple[int, int, int]:
    assert report.ok, report.problems
    return report.created, report.updated, report.unchanged


def test_products_are_made_changed_and_left_alone():
    assert figures(imported(KIT)) == (1, 0, 0)
    kit = Product.objects.get()
    assert (kit.price, kit.weight, kit.is_active) == (Decimal("59.90"), 120, True)
    assert figures(imported(KIT)) == (0, 0, 1)
    assert figures(imported("ancestry,,,,49,,no")) == (0, 1, 0)
    kit.refresh_from_db()
    assert (kit.name, kit.price, kit.is_active) == ("Ancestry kit", Decimal(49), False)
    assert figures(imported("ancestry,,,,,,")) == (0, 0, 1)


def test_the_column_that_says_whether_it_is_on_sale_may_be_missing():
    assert figures(imported(KIT[:-1], header=HEADER.removesuffix(",is_active"))) == (1, 0, 0)
    assert Product.objects.get().is_active


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a,Name,goods,1,1.005,GBP,", "price"),
        ("a,Name,goods,1,1.50,JPY,", "price"),
        ("a,Name,goods,1,-1,GBP,", "price"),
        ("a,Name,goods,1,1e3,GBP,", "price"),
        ('a,Name,goods,1,"1,50",GBP,', "price"),
        ("a,Name,goods,0,1,GBP,", "weight"),
        ("a,Name,goods,1.5,1,GBP,", "weight"),
        ("a,Name,goods,1,1,XXX1,", "currency"),
        ("a,Name,gods,1,1,GBP,", "kind"),
        ("a,Name,goods,1,1,GBP,perhaps", "is_active"),
        ("a,,goods,1,1,GBP,", "name"),
        ("a,Name,goods,,1,GBP,", "weight"),
        ("1.23457E+11,Name,goods,1,1,GBP,", "item_id"),
        (",Name,goods,1,1,GBP,", "item_id"),
    ],
)
def test_what_is_no_product_is_named_by_its_column(row, column):
    assert [problem.column for problem in imported(row).problems] == [column]
    assert not Product.objects.exists()


def test_a_price_that_does_not_fit_the_currency_that_is_there_is_refused():
    imported("a,Name,goods,1,100,JPY,")
    assert [str(problem)[:13] for problem in imported("a,,,,1.50,,").problems] == ["line 2, price"]


def test_the_command(tmp_path):
    path = tmp_path / "products.csv"
    path.write_text(f"{HEADER}\n{KIT}\n")
    call_command("import_products", str(path))
    assert Product.objects.count() == 1
