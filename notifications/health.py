"""No health data in an SMS: it is shown on locked screens, and kept by networks for years.

docs/decisions/0023-words.md says what counts as health data and why.
"""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import CharField, Q, Value
from django.db.models.functions import Lower, StrIndex

from orders.models import Product, ProductKind

TELLING_KINDS = (ProductKind.DNA_KIT, ProductKind.TREATMENT)


def telling_words(text: str) -> list[str]:
    """The words of this text that reveal something of health: kits, treatments, `HEALTH_WORDS`."""
    wanted = [*settings.HEALTH_WORDS, *_products_in(text)]
    return [word for word in wanted if word and _stands_in(word, text)]


def check_sms(text: str, *, field: str) -> None:
    """Raise ValidationError, on `field`, when the text of an SMS reveals something of health."""
    if found := telling_words(text):
        said = f"An SMS must not say “{found[0]}”: anybody may read it who sees the telephone."
        error = ValidationError(f"{said} Say it by e-mail, or without that word.", "health")
        raise ValidationError({field: error})


def _products_in(text: str) -> list[str]:
    """Names and item ids of kits and treatments that occur in the text, in one statement."""
    said = Value(text.lower().replace("\0", ""), output_field=CharField())
    named = Product.objects.filter(kind__in=TELLING_KINDS).annotate(
        by_name=StrIndex(said, Lower("name")), by_id=StrIndex(said, Lower("item_id"))
    )
    found = named.filter(Q(by_name__gt=0) | Q(by_id__gt=0)).values_list("name", "item_id")
    return [word for words in found for word in words]


def _stands_in(word: str, text: str) -> bool:
    """Whether it stands there as a word: `DNA`, not the middle of another."""
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE))
