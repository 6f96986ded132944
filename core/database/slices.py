"""Looks through the young rows of a large table a slice at a time, so that a look costs the same
however many they are."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

SIZE = 500


class Slices:
    """From the newest rows of a table to those of a certain age, and then anew.

    Each look takes the `size` newest rows, where something is most likely to be missing, and as
    many of the older ones, from where the last look ended. That place is kept in this process
    alone: a new process begins anew, so after a crash everything is looked at again.
    """

    def __init__(self, dated: str, size: int | None = None) -> None:
        """`dated` is the column that says how old a row is; it grows with the key, roughly."""
        self._dated, self._size = dated, size
        self._above: int | None = None
        self._next: int | None = None

    def look(self, table: QuerySet[Any], since: datetime) -> Q:
        """The keys to look at now: those of the newest rows, and of a slice that is older.

        The same ones again, until `go_on` is called: work that raised or was cut short is not
        left behind.
        """
        (newest, _), (lowest, at) = self._ends(table)
        above = newest if self._above is None else min(self._above, newest)
        self._next = lowest if at is not None and at > since else None
        return Q(pk__gte=newest) | Q(pk__gte=lowest, pk__lt=above)

    def go_on(self) -> None:
        """All of the last look is done."""
        self._above = self._next

    def _ends(self, table: QuerySet[Any]) -> list[tuple[int, datetime | None]]:
        """The last row of each of the two slices, and how old that is: in one statement. 0 for one
        that reaches the end of the table.
        """
        size = self._size or SIZE
        rows = table.order_by("-pk").values_list("pk", self._dated)
        if self._above is None:  # the second begins where the first ends
            older = rows[2 * size - 1 : 2 * size]
        else:
            older = rows.filter(pk__lt=self._above)[size - 1 : size]
        ends = sorted(rows[size - 1 : size].union(older, all=True), reverse=True)
        return [*ends, (0, None), (0, None)][:2]
