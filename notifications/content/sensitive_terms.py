"""No health data where anybody may read it, such as in an SMS: it is shown on locked screens.

docs/decisions/0023-words.md says what counts as health data and why.
"""

import re
from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError

from core.values.lookalikes import latin, tokens
from notifications.channels import channels
from orders.models import Product, ProductKind

SENSITIVE_KINDS = (ProductKind.DNA_KIT, ProductKind.TREATMENT)
# What a product's name holds beside the name: nobody writes “the night serum, 30 ml”.
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
        "\u03bcg",
        "cl",
        "pack",
    ]
)
ENDINGS = ("ical", "ic", "ics", "is", "es", "e", "s", "y")
SHORTEST_STEM = 4
FIRST_UNSPACED = "\u2e80"  # Chinese and Japanese, which follow it, write no blanks between words
# What is written together with such a word: “dnakit”, “mygenome”.
AFFIXES = [word for word in sorted(COMMON) if len(word) >= 3]
AFFIXES += ["my", "your", "our", "home", "free", "result", "results", "sample", "samples"]
LONG_ENOUGH = 6  # letters of a word that is found with blanks in it: “mammo gram”, but not “d na”
ORDINARY = re.compile("genomm?en")  # “taken”, in German and Dutch
# Where words meet that are written together: MyDNA, DNAKit, DNAkit, dna1.
_SEAM = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Z]{2})(?=[a-z])"
    r"|(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)"
)


def sensitive_terms_in(text: str) -> list[str]:
    """What of this text reveals something of health: names of kits and treatments, `HEALTH_WORDS`.

    In whatever form: `genomes` for genome, `D.N.A.`, `MyDNA`, letters that only look otherwise, and
    a product's name without its commas and amounts. Item ids as they are written: `it 2` is none.
    """
    plain, indexed = latin(text).casefold(), _IndexedText(text)
    wanted = [word for word in settings.HEALTH_WORDS if indexed.holds(tokens(word))]
    products = Product.objects.filter(kind__in=SENSITIVE_KINDS).values_list("name", "item_id")
    for name, item_id in products.iterator():
        if indexed.holds(_distinctive(tokens(name))):
            wanted.append(name)
        elif _is_written_in(latin(item_id).casefold(), plain) or _is_slug_in(item_id, indexed):
            wanted.append(item_id)
    return wanted


class _IndexedText:
    """A text to search: its words, the pieces of those that are written together, and its letters.

    In `letters` nothing stands between the pieces; `edges` are where one begins or ends, `blanks`
    where one did not follow another directly.
    """

    def __init__(self, text: str) -> None:
        self.tokens, self.pieces, self.letters = tokens(text), list[str](), ""
        self.edges, self.blanks = {0}, set[int]()
        for chunk in latin(text).split():
            self.blanks.add(len(self.letters))
            for word in re.findall(r"[^\W_]+", chunk):
                for piece in _SEAM.split(word):
                    self._add(piece.casefold())

    def _add(self, piece: str) -> None:
        start, end = len(self.letters), len(self.letters) + len(piece)
        self.pieces.append(piece)
        self.letters += piece
        self.edges.add(end)
        self.edges |= {start + len(affix) for affix in AFFIXES if piece.startswith(affix)}
        self.edges |= {end - len(affix) for affix in AFFIXES if piece.endswith(affix)}

    def holds(self, parts: Sequence[str]) -> bool:
        """Whether it holds these words, in whatever form, apart or together."""
        if not parts or _stem(parts[0]) not in self.letters:  # which every form of it begins with
            return False
        return (
            _stands_in(parts, self.tokens)
            or _stands_in(parts, self.pieces)
            or any(map(self._is_spelled, _forms("".join(parts))))
        )

    def _is_spelled(self, form: str) -> bool:
        """Whether whole pieces make this word; blanks may be between those of a long one only."""
        start = self.letters.find(form)
        while start >= 0:
            end = start + len(form)
            is_whole = start in self.edges and end in self.edges
            if is_whole and (len(form) >= LONG_ENOUGH or not self._has_blank(start, end)):
                return True
            start = self.letters.find(form, start + 1)
        return False

    def _has_blank(self, start: int, end: int) -> bool:
        return any(at in self.blanks for at in range(start + 1, end))


def check_sensitive_terms(
    channel: str, text: str, subject: str = "", *, field: str = "message"
) -> None:
    """Raise ValidationError when what anybody may read of a message reveals something of health.

    On `field` for the text, on `subject` for that. Without a channel the message may go by any.
    """
    parts = {"subject": ("subject", subject), "text": (field, text)}
    for each in [channels()[channel]] if channel else channels().values():
        for part in each.visible_on_lock_screen:
            name, shown = parts[part]
            if shown and (terms := sensitive_terms_in(shown)):
                raise ValidationError({name: _refusal(each.label, terms[0])})


def _refusal(label: str, word: str) -> ValidationError:
    beginning = (
        f"{label[0].upper()}{label[1:]}: do not say “{word}”, anybody may read it who sees the"
    )
    return ValidationError(
        f"{beginning} telephone. Say it by e-mail, or without that word.", "health"
    )


def _distinctive(parts: list[str]) -> list[str]:
    """Without amounts and common words, unless nothing is left that says more than they do."""
    left = [part for part in parts if part not in COMMON and not part[0].isdigit()]
    return left if any(len(part) >= SHORTEST_STEM for part in left) else parts


def _is_written_in(item_id: str, plain: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(item_id)}(?!\w)", plain))


def _is_slug_in(item_id: str, indexed: _IndexedText) -> bool:
    """A kit type is made of words; an id with numbers is not."""
    parts = tokens(item_id)
    return all(map(str.isalpha, parts)) and indexed.holds(_distinctive(parts))


def _stands_in(parts: Sequence[str], tokens: Sequence[str]) -> bool:
    """Whether the words stand there, one after the other, each in whatever form."""
    return any(
        all(map(_is_form_of, tokens[start:], parts))
        for start in range(len(tokens) - len(parts) + 1)
    )


def _is_form_of(token: str, word: str) -> bool:
    """Whether it is this word, or one of the same stem. Short words have no forms but a plural."""
    if word[0] >= FIRST_UNSPACED:
        return word in token
    if ORDINARY.match(token):
        return False
    stem = _stem(word)
    if len(stem) < SHORTEST_STEM:
        return token in (word, f"{word}s")
    return token.startswith(stem) and len(token) <= len(word) + len("istically")


@cache
def _stem(word: str) -> str:
    ending = next((each for each in ENDINGS if word.endswith(each)), "")
    stem = word.removesuffix(ending)
    return stem if len(stem) >= SHORTEST_STEM else word


@cache
def _forms(word: str) -> list[str]:
    """How a word may end that is put together of pieces; one of them is enough."""
    stem = _stem(word)
    if len(stem) < SHORTEST_STEM:
        return [word, f"{word}s"]
    return [word, f"{word}s", *(stem + ending for ending in (*ENDINGS, "", "ed", "ing"))]
