"""What a search matches is found by the search's own index, before anything is put in order."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q, QuerySet

MOST_MATCHES = 10_000


class _IsAnyOf(Func):
    """Whether a key is among those of an array, which is made before the rest is planned.

    A subquery would be joined: of one that may find thousands PostgreSQL expects thousands, and
    reads the whole table.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY ("
    output_field = BooleanField()


def newest_matches(
    rows: QuerySet[Any], condition: Q, most: int = MOST_MATCHES
) -> "QuerySet[Any, Any]":
    """The keys of the newest of these rows that match, so many at most.

    Ordered by an expression that no index has: PostgreSQL would otherwise walk the whole table
    from its newest row, in the hope of an early match, and take seconds for a word that is rare.
    """
    return rows.filter(condition).order_by(F("pk") * -1).values_list("pk", flat=True)[:most]


def matching_rows(rows: QuerySet[Any], condition: Q) -> QuerySet[Any]:
    """The rows that match, of the newest MOST_MATCHES; they keep their order, and other filters
    count before the newest are taken."""
    return rows.filter(_IsAnyOf(F("pk"), ArraySubquery(newest_matches(rows, condition))))


def part_of(rows: QuerySet[Any], begin: int, end: int) -> QuerySet[Any]:
    """These rows from `begin` on and before `end`, in their order.

    Those before are skipped in the index alone: only the rows asked for are read and joined.
    """
    return rows.filter(
        _IsAnyOf(F("pk"), ArraySubquery(rows.values_list("pk", flat=True)[begin:end]))
    )
