"""The demo's kits."""

import csv

import pytest

from kits import demo
from kits.models import Kit, Lot
from orders import demo as orders_demo
from orders.tests.factories import KitFactory

pytestmark = pytest.mark.django_db


def test_two_of_each_type_are_on_the_shelf_however_often_it_is_loaded():
    for item_id in orders_demo.KITS:
        KitFactory.create(item_id=item_id)
    for _ in range(2):
        demo.load()
        assert Kit.objects.filter(state="in-stock").count() == 10
    assert {lot.kits.count() for lot in Lot.objects.all()} == {2}
    assert {lot.kit_type for lot in Lot.objects.all()} == set(orders_demo.KITS)


def test_a_bad_row_is_said(monkeypatch, tmp_path):
    rows = list(csv.reader(demo.DATA.open()))
    rows[1][0] = rows[1][0][:-1] + "A"
    path = tmp_path / "kits.csv"
    path.write_text("\n".join(",".join(row) for row in rows))
    monkeypatch.setattr(demo, "DATA", path)
    with pytest.raises(RuntimeError, match=r"kits\.csv: "):
        demo.load()
