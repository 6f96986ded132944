"""No health data where anybody may read it, such as in an SMS: it is shown on locked screens.

docs/decisions/0023-words.md says what counts as health data and why.
"""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import CharField, Q, Value
from django.db.models.functions import Lower, StrIndex

from notifications.channels import channels
from orders.models import Product, ProductKind

TELLING_KINDS = (ProductKind.DNA_KIT, ProductKind.TREATMENT)


def telling_words(text: str) -> list[str]:
    """The words of this text that reveal something of health: kits, treatments, `HEALTH_WORDS`."""
    wanted = [*settings.HEALTH_WORDS, *_products_in(text)]
    return [word for word in wanted if word and _stands_in(word, text)]


def check_words(channel: str, text: str, subject: str = "", *, field: str = "message") -> None:
    """Raise ValidationError when what anybody may read of a message reveals something of health.

    On `field` for the text, on `subject` for that. Without a channel the message may go by any.
    """
    said = {"subject": ("subject", subject), "text": (field, text)}
    for each in [channels()[channel]] if channel else channels().values():
        for part in each.shown_to_anybody:
            name, words = said[part]
            if words and (found := telling_words(words)):
                raise ValidationError({name: _refusal(each.label, found[0])})


def _refusal(label: str, word: str) -> ValidationError:
    said = f"{label[0].upper()}{label[1:]}: do not say “{word}”, anybody may read it who sees the"
    return ValidationError(f"{said} telephone. Say it by e-mail, or without that word.", "health")


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
