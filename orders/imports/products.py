"""Products from a file."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from core.imports import (
    Clean,
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
from core.values import text as texts
from orders.models import Product

ANSWERS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
REQUIRED = ("name", "kind", "weight", "price", "currency")


def _number(name: str) -> Clean:
    """The check of a number against its field; it is kept as the database writes it."""
    field: Any = Product._meta.get_field(name)

    def clean(text: str) -> str:
        text = texts.token(text)
        if not text:
            return ""
        if not text.isascii() or "e" in text.lower() or "_" in text:
            raise ValidationError("Write a number in the digits 0 to 9, such as 12 or 12.50.")
        value = field.clean(text, None)
        return f"{value:.2f}" if isinstance(value, Decimal) else str(value)

    return clean


def _answer(text: str) -> str:
    text = texts.token(text).lower()
    if not text:
        return ""
    if text not in ANSWERS:
        raise ValidationError("Write yes or no.")
    return "yes" if ANSWERS[text] else "no"


def _filled(check: Clean) -> Clean:
    """The check of a cell that may be empty: then what is there is kept."""
    return lambda text: check(text) if texts.token(text) else ""


class ProductImporter(Importer):
    """`item_id, name, kind, weight, price, currency` and perhaps `is_active` (yes or no).

    A row whose `item_id` we know is that product, updated; an empty cell keeps what is there. A new
    product needs all of them, and is on sale unless the file says no.
    """

    noun = "products"
    model = Product
    columns = (
        Column("item_id", identifier(limits_of(Product, "item_id"))),
        Column("name", limits_of(Product, "name", blank=True)),
        Column("kind", _filled(limits_of(Product, "kind"))),
        Column("weight", _number("weight")),
        Column("price", _number("price")),
        Column("currency", limits_of(Product, "currency", blank=True)),
        Column("is_active", _answer, required=False),
    )
    checks = (duplicates("item_id"),)

    def problems(self, rows: Sequence[StagedRow]) -> Iterator[Problem]:
        """What a product may not be: a price finer than its currency, say; and what is missing."""
        known = _known(rows)
        for row in rows:
            product = known.get(row["item_id"])
            missing = [] if product else [name for name in REQUIRED if not row[name]]
            yield from (Problem(row["line"], name, "This may not be empty.") for name in missing)
            if missing:
                continue
            try:
                _filled_in(product or Product(), row).full_clean(validate_unique=False)
            except ValidationError as error:
                for name, reasons in error.message_dict.items():
                    yield Problem(row["line"], name, " ".join(reasons))

    def present(self, rows: Sequence[StagedRow]) -> Mapping[int, Present]:
        """Products by their `item_id`."""
        lines = {row["item_id"]: row["line"] for row in rows}
        products = self.read(Product.objects.filter(item_id__in=lines).order_by("pk"))
        return {lines[product.item_id]: Present(values_of(product)) for product in products}

    def write(self, cursor: Any, by: str) -> tuple[int, int]:
        """Add the unknown, update those that differ, leave the others alone."""
        created = updated = 0
        for rows in pages(cursor):
            known = _known(rows)
            before = {item_id: values_of(product) for item_id, product in known.items()}
            all_of = [_filled_in(known.get(row["item_id"], Product()), row) for row in rows]
            new = [product for product in all_of if product.pk is None]
            changed = [p for p in all_of if p.pk and values_of(p) != before[p.item_id]]
            Product.objects.bulk_create(new)
            Product.objects.bulk_update(changed, [*REQUIRED, "is_active"])
            created, updated = created + len(new), updated + len(changed)
        return created, updated


def values_of(product: Product) -> dict[str, str]:
    """A product as the file writes one."""
    texts_of = {name: str(getattr(product, name)) for name in ("item_id", *REQUIRED)}
    return texts_of | {"is_active": "yes" if product.is_active else "no"}


def _known(rows: Sequence[StagedRow]) -> dict[str, Product]:
    products = Product.objects.filter(item_id__in=[row["item_id"] for row in rows])
    return {product.item_id: product for product in products}


def _filled_in(product: Product, row: StagedRow) -> Product:
    """The product with what the row says of it."""
    for name in ("item_id", *REQUIRED):
        if row[name]:
            field: Any = Product._meta.get_field(name)
            setattr(product, name, field.to_python(row[name]))
    if row["is_active"]:
        product.is_active = ANSWERS[row["is_active"]]
    return product
