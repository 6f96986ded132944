"""What patients are searched by: tokens of names, e-mail and birth date, which are encrypted.

One array for all of them (`Patient.search_tokens`), with one index: docs/decisions/0048.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from clinical.births import EARLIEST_BIRTH, LENGTHS, Born, Precision
from core.database import clock
from core.encryption.blind_index import prefix_token, prefix_tokens, token
from core.values import text as texts
from core.values.folding import search_terms, typed_terms

EMAIL, BORN = "email", "born"
NOBODY = Q(pk__in=())


def tokens_of(first_name: str, last_name: str, email: str, born: Born) -> set[int]:
    """The tokens of a patient. Raises ValueError for a birth date that says more than is known."""
    if born.day != born.first:
        raise ValueError("A birth date of which a year or month is known is kept as its first day.")
    tokens = {_born_token(born.written()[:length]) for length in _lengths(born)}
    if email:
        tokens.add(_email_token(email))
    for word in search_terms(first_name, last_name, email):
        tokens.update(prefix_tokens(word))
    return tokens


def has_prefixes(typed: str) -> Q:
    """Patients in whose names or e-mail address each word begins a word; nobody without one."""
    return reduce(or_, (_has_prefixes(reading) for reading in texts.readings(typed)))


def has_email(email: str) -> Q:
    """Patients with this e-mail address, in any case."""
    return _has([_email_token(email)])


def is_born(born: Born) -> Q:
    """Patients born then: on the day, or as far as that is known in the month or year."""
    return _has([_born_token(born.written())])


def _has(tokens: Iterable[int]) -> Q:
    return Q(search_tokens__contains=list(tokens))


def _has_prefixes(typed: str) -> Q:
    terms = [_has_term(word, parts) for word, parts in typed_terms(typed)]
    return reduce(and_, terms) if terms else NOBODY


def _has_term(word: str, parts: list[str]) -> Q:
    whole = _has([prefix_token(word)])
    if parts in ([], [word]):
        return whole
    return whole | _has(prefix_token(part) for part in parts)


def _lengths(born: Born) -> list[int]:
    """How many letters of the written date say something: those of the year, month and day."""
    return [length for length in LENGTHS.values() if length <= LENGTHS[born.precision]]


def _born_token(written: str) -> int:
    return token(BORN, written)


def _email_token(email: str) -> int:
    return token(EMAIL, email.lower())


def is_born_within(first: date | None, last: date | None, known: Precision) -> Q:
    """Patients of whom so much is known, and the first day of it lies there; None is open."""
    begin = max(first or EARLIEST_BIRTH, EARLIEST_BIRTH)
    end = min(last or clock.today(), clock.today())
    tokens = [_born_token(written) for written in _periods(begin, end, known)]
    return Q(birth_date_precision=known, search_tokens__overlap=tokens)


def _periods(day: date, last: date, known: Precision) -> Iterator[str]:
    """As few years, months and days as there are of these days, as they are written.

    Where no day is known, a year or month is there when its first day is.
    """
    while day <= last:
        period = next(each for each in LENGTHS if _is_one(each, day, last, known))
        born = Born(day, period)
        if LENGTHS[period] <= LENGTHS[known] and born.first == day:
            yield born.written()
        day = born.last + timedelta(days=1)


def _is_one(period: Precision, day: date, last: date, known: Precision) -> bool:
    """Whether the year, month or day that begins here is all there; a day always is."""
    born = Born(day, period)
    if period == Precision.DAY:
        return True
    end = Born(born.last, known).first  # of the last that may be known in it
    return born.first == day and (end <= last)
