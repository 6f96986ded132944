"""Kits and their lots from a file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from core.imports import (
    Column,
    Importer,
    Present,
    Problem,
    StagedRow,
    duplicates,
    identifier,
    limits_of,
    pages,
)
from core.imports.importer import Check
from core.values import text as texts
from core.values.dates import iso_date
from kits.models import Kit, KitEvent, Lot
from kits.values import serials
from orders.models import Product, ProductKind

_ONE_DAY_PER_LOT = """
SELECT r.line, 'Another row of this lot names another day.' AS reason
FROM import_rows r JOIN (
    SELECT kit_type, lot, min(expires_on) AS earliest FROM import_rows GROUP BY kit_type, lot
) AS of_lot USING (kit_type, lot)
WHERE r.expires_on <> of_lot.earliest
"""


def _day(text: str) -> str:
    text = texts.token(text)
    if not text:
        raise ValidationError("This may not be empty.")
    try:
        return iso_date(text).isoformat()
    except ValueError as error:
        raise ValidationError("Write the day as YYYY-MM-DD.") from error


class KitImporter(Importer):
    """`serial, kit_type, lot, expires_on`: kits as they come from their maker.

    A lot that is new is made with its first kit. A kit that is known stays as it is; a row that
    says something else of it, or of its lot, is refused.
    """

    noun = "kits"
    model = Kit
    columns = (
        Column("serial", serials.normalise),
        Column("kit_type", identifier(limits_of(Product, "item_id"))),
        Column("lot", identifier(limits_of(Lot, "number"))),
        Column("expires_on", _day, is_date=True),
    )
    checks = (duplicates("serial"), Check("expires_on", _ONE_DAY_PER_LOT))

    def problems(self, rows: Sequence[StagedRow]) -> Iterator[Problem]:
        """What does not fit what is there: a type that is no kit, another lot, another day."""
        products, lots, kits = _products(rows), _lots(rows), _kits(rows)
        for row in rows:
            line, kit = row["line"], kits.get(row["serial"])
            lot = lots.get((row["kit_type"], row["lot"]))
            if row["kit_type"] not in products:
                reason = f"There is no DNA kit {row['kit_type']}: add it to the products first."
                yield Problem(line, "kit_type", reason)
            elif kit and kit.lot != lot:
                reason = f"This kit is known: {kit.kit_type}, lot {kit.lot}."
                yield Problem(line, "serial", reason)
            elif lot and lot.expires_on.isoformat() != row["expires_on"]:
                reason = f"Lot {lot} is known, and expires on {lot.expires_on}."
                yield Problem(line, "expires_on", reason)

    def present(self, rows: Sequence[StagedRow]) -> Mapping[int, Present]:
        """Kits by their serial."""
        lines = {row["serial"]: row["line"] for row in rows}
        return {
            lines[serial]: Present(
                {
                    "serial": serial,
                    "kit_type": kit.kit_type,
                    "lot": kit.lot.number,
                    "expires_on": kit.lot.expires_on.isoformat(),
                }
            )
            for serial, kit in _kits(rows).items()
        }

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add those that are not known, with their lots."""
        created = 0
        for rows in pages(cursor):
            known = _kits(rows)
            new = [row for row in rows if row["serial"] not in known]
            lots = _lots_made(new)
            kits = Kit.objects.bulk_create(
                Kit(serial=row["serial"], lot=lots[row["kit_type"], row["lot"]]) for row in new
            )
            KitEvent.objects.bulk_create(
                KitEvent(kit=kit, kind="imported", to_state=kit.state, actor=by) for kit in kits
            )
            created += len(kits)
        return created, 0


def _products(rows: Sequence[StagedRow]) -> dict[str, Product]:
    wanted = {row["kit_type"] for row in rows}
    kits = Product.objects.filter(item_id__in=wanted, kind=ProductKind.DNA_KIT)
    return {product.item_id: product for product in kits}


def _lots(rows: Sequence[StagedRow]) -> dict[tuple[str, str], Lot]:
    numbers = {row["lot"] for row in rows}
    lots = Lot.objects.filter(number__in=numbers).select_related("product")
    return {(lot.kit_type, lot.number): lot for lot in lots}


def _kits(rows: Sequence[StagedRow]) -> dict[str, Kit]:
    serials_of = [row["serial"] for row in rows]
    kits = Kit.objects.filter(serial__in=serials_of).select_related("lot__product")
    return {kit.serial: kit for kit in kits}


def _lots_made(rows: Sequence[StagedRow]) -> dict[tuple[str, str], Lot]:
    """The lots of these rows, those made that were not there."""
    lots, products = _lots(rows), _products(rows)
    for row in rows:
        key = (row["kit_type"], row["lot"])
        if key not in lots:
            lots[key] = Lot.objects.create(
                product=products[row["kit_type"]],
                number=row["lot"],
                expires_on=iso_date(row["expires_on"]),
            )
    return lots
