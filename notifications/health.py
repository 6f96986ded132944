"""No health data where anybody may read it, such as in an SMS: it is shown on locked screens.

docs/decisions/0023-words.md says what counts as health data and why.
"""

import re
from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError

from core.text import bare
from notifications.channels import channels
from orders.models import Product, ProductKind

TELLING_KINDS = (ProductKind.DNA_KIT, ProductKind.TREATMENT)
# What a product's name holds beside the name: nobody says “the night serum, 30 ml”.
COMMON = frozenset(
    [
        "kit",
        "kits",
        "test",
        "tests",
        "the",
        "a",
        "an",
        "and",
        "of",
        "for",
        "with",
        "ml",
        "l",
        "g",
        "mg",
        "kg",
        "µg",
        "cl",
        "pack",
    ]
)
ENDINGS = ("ical", "ic", "ics", "is", "es", "e", "s", "y")
SHORTEST_STEM = 4
FIRST_UNSPACED = "\u2e80"  # Chinese and Japanese, which follow it, write no blanks between words
# Letters of other alphabets that look like Latin ones.
_LOOKALIKES = str.maketrans("авекмнорстухіјѕαβεικνορτυχ", "abekmhopctyxijsabeikvoptyx")


def telling_words(text: str) -> list[str]:
    """What of this text reveals something of health: names of kits and treatments, `HEALTH_WORDS`.

    In whatever form: `genomes` for genome, `D.N.A.`, letters that only look otherwise, and a
    product's name without its commas and amounts. Item ids as they are written: `it 2` is none.
    """
    plain, tokens = _plain(text), _tokens(text)
    wanted = [word for word in settings.HEALTH_WORDS if _stands_in(_tokens(word), tokens)]
    products = Product.objects.filter(kind__in=TELLING_KINDS).values_list("name", "item_id")
    for name, item_id in products.iterator():
        if _stands_in(_telling(_tokens(name)), tokens):
            wanted.append(name)
        elif _is_written_in(_plain(item_id), plain) or _is_slug_in(item_id, tokens):
            wanted.append(item_id)
    return wanted


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


def _telling(parts: list[str]) -> list[str]:
    """Without amounts and common words, unless nothing is left that says more than they do."""
    left = [part for part in parts if part not in COMMON and not part[0].isdigit()]
    return left if any(len(part) >= SHORTEST_STEM for part in left) else parts


def _is_written_in(item_id: str, plain: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(item_id)}(?!\w)", plain))


def _is_slug_in(item_id: str, tokens: Sequence[str]) -> bool:
    """A kit type is made of words; an id with numbers is not."""
    parts = _tokens(item_id)
    return all(map(str.isalpha, parts)) and _stands_in(_telling(parts), tokens)


def _stands_in(parts: Sequence[str], tokens: Sequence[str]) -> bool:
    """Whether the words stand there, one after the other, each in whatever form."""
    return bool(parts) and any(
        all(map(_is_form_of, tokens[start:], parts))
        for start in range(len(tokens) - len(parts) + 1)
    )


def _is_form_of(token: str, word: str) -> bool:
    """Whether it is this word, or one of the same stem. Short words have no forms but a plural."""
    if word[0] >= FIRST_UNSPACED:
        return word in token
    stem = _stem(word)
    if len(stem) < SHORTEST_STEM:
        return token in (word, f"{word}s")
    return token.startswith(stem) and len(token) <= len(word) + len("istically")


@cache
def _stem(word: str) -> str:
    ending = next((each for each in ENDINGS if word.endswith(each)), "")
    stem = word.removesuffix(ending)
    return stem if len(stem) >= SHORTEST_STEM else word


def _plain(text: str) -> str:
    """A text as it is read, in Latin letters."""
    return bare(text).translate(_LOOKALIKES)


def _tokens(text: str) -> list[str]:
    """Its words; letters that stand apart are one."""
    words = " ".join(re.findall(r"[^\W_]+", _plain(text)))
    return re.sub(r"(?<!\S)\w(?: \w(?!\S))+", lambda run: run[0].replace(" ", ""), words).split()
