"""What can be ordered."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from core.database.folding import SortKey
from core.database.reference import Kept
from core.database.versions import VersionField
from core.history.tracking import tracked
from core.values.money import currencies, validate_amount, validate_currency
from customers.models import LONGEST_LINE
from customers.values.validators import CodeLetters, OneLine


class ProductKind(models.TextChoices):
    """What a product is: rules and routes choose by it."""

    DNA_KIT = "dna-kit", "DNA kit"
    TREATMENT = "treatment"
    GOODS = "goods"


def money(**options: Any) -> "models.DecimalField[Any, Any]":
    """An exact amount: up to 10 digits before the point and two behind it."""
    return models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(0)], **options
    )


def never_negative(field: str, name: str) -> models.CheckConstraint:
    """A constraint of that name: the column is 0 or more."""
    return models.CheckConstraint(condition=Q(**{f"{field}__gte": 0}), name=name)


@tracked()
class Product(models.Model):
    """Something that can be ordered. A DNA kit's `item_id` is its kit type."""

    is_reference = True

    item_id = models.CharField(
        max_length=LONGEST_LINE,
        unique=True,
        validators=[CodeLetters()],
        help_text="What providers and clients call it. A DNA kit's is its kit type.",
    )
    name = models.CharField(max_length=100, validators=[OneLine()])
    kind = models.CharField(max_length=20, choices=ProductKind.choices)
    weight = models.PositiveIntegerField(
        help_text="Grams, of one piece.",
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
    )
    price = money()
    currency = models.CharField(max_length=3, validators=[validate_currency])
    is_active = models.BooleanField(default=True, help_text="Untick to take it out of sale.")
    version = VersionField()

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(SortKey("name"), "name", F("id").desc(), name="product_by_alphabet")
        ]
        constraints = [never_negative("price", "product_price")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError when the price is finer than the currency's smallest unit."""
        if self.price is None or self.currency not in currencies():
            return  # the fields' own validators have said so
        try:
            validate_amount(self.price, self.currency)
        except ValidationError as error:
            raise ValidationError({"price": error}) from error


def on_sale(item_ids: Collection[str]) -> dict[str, Product]:
    """The products of these ids that are on sale now. Threads share them: not to be changed."""
    return _on_sale.get_many(item_ids)


def _read(item_ids: Collection[str]) -> dict[str, Product]:
    products = Product.objects.filter(item_id__in=item_ids, is_active=True)
    return {product.item_id: product for product in products}


_on_sale = Kept(_read)
