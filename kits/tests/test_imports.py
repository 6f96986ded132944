"""Kits and lots from a file."""

import io
from datetime import date

import pytest
from django.core.management import call_command

from core.imports import Report, run
from kits.imports import KitImporter
from kits.models import Kit, Lot
from kits.values import serials
from orders.tests.factories import KitFactory, ProductFactory

pytestmark = pytest.mark.django_db
HEADER = "serial,kit_type,lot,expires_on"
ONE, TWO, THREE = (serials.serial_of(n) for n in (1, 2, 3))


@pytest.fixture(autouse=True)
def _kit():
    KitFactory.create()


def imported(*rows: str) -> Report:
    return run(KitImporter(), io.BytesIO("\n".join([HEADER, *rows]).encode()), by="user:test")


def figures(report: Report) -> tuple[int, int, int]:
    assert report.ok, report.problems
    return report.created, report.updated, report.unchanged


def test_kits_come_in_with_their_lots_and_a_file_may_be_sent_again():
    rows = [f"{ONE},ancestry,L1,2027-05-31", f"{TWO},ancestry,L1,2027-05-31"]
    assert figures(imported(*rows)) == (2, 0, 0)
    lot = Lot.objects.get()
    assert (lot.number, lot.kit_type, lot.expires_on) == ("L1", "ancestry", date(2027, 5, 31))
    assert set(Kit.objects.values_list("serial", "state")) == {(ONE, "in-stock"), (TWO, "in-stock")}
    event = Kit.objects.get(serial=ONE).events.get()
    assert (event.kind, event.to_state, event.actor) == ("imported", "in-stock", "user:test")
    assert figures(imported(*rows, f"{THREE},ancestry,L1,2027-05-31")) == (1, 0, 2)
    assert Lot.objects.count() == 1


def test_a_serial_is_taken_as_people_type_it():
    typed = f"{ONE[:4]} {ONE[4:]}".replace("0", "o").lower()
    assert figures(imported(f"{typed},ancestry,L1,2027-05-31")) == (1, 0, 0)
    assert Kit.objects.get().serial == ONE


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (f"{ONE[:-1]}Z,ancestry,L1,2027-05-31", "serial"),
        (",ancestry,L1,2027-05-31", "serial"),
        ("1.23457E+11,ancestry,L1,2027-05-31", "serial"),
        (f"{ONE},genealogy,L1,2027-05-31", "kit_type"),
        (f"{ONE},serum,L1,2027-05-31", "kit_type"),
        (f"{ONE},ancestry,,2027-05-31", "lot"),
        (f"{ONE},ancestry,L1,31.05.2027", "expires_on"),
        (f"{ONE},ancestry,L1,2027-02-30", "expires_on"),
        (f"{ONE},ancestry,L1,", "expires_on"),
    ],
)
def test_what_is_no_kit_is_named_by_its_column(row, column):
    ProductFactory.create(item_id="serum")
    assert [problem.column for problem in imported(row).problems] == [column]
    assert not Kit.objects.exists()
    assert not Lot.objects.exists()


def test_a_kit_of_another_lot_and_a_lot_of_another_day_are_refused():
    imported(f"{ONE},ancestry,L1,2027-05-31")
    for row, column in (
        (f"{ONE},ancestry,L2,2027-05-31", "serial"),
        (f"{TWO},ancestry,L1,2028-05-31", "expires_on"),
    ):
        assert [problem.column for problem in imported(row).problems] == [column]
    assert Kit.objects.count() == 1


def test_a_serial_is_in_a_file_once_and_a_lot_has_one_day_in_it():
    twice = imported(f"{ONE},ancestry,L1,2027-05-31", f"{ONE.lower()},ancestry,L1,2027-05-31")
    assert [str(problem)[:14] for problem in twice.problems] == ["line 3, serial"]
    days = imported(f"{ONE},ancestry,L1,2027-05-31", f"{TWO},ancestry,L1,2027-06-30")
    assert [problem.column for problem in days.problems] == ["expires_on"]
    assert not Kit.objects.exists()


def test_the_command_imports_a_file(tmp_path, capsys):
    path = tmp_path / "kits.csv"
    path.write_text(f"{HEADER}\n{ONE},ancestry,L1,2027-05-31\n")
    call_command("import_kits", str(path))
    assert "Kits: 1 created" in capsys.readouterr().out
