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
        newest, _ = self._lowest(table)
        above = newest if self._above is None else min(self._above, newest)
        lowest, at = self._lowest(table.filter(pk__lt=above))
        self._next = lowest if at is not None and at > since else None
        return Q(pk__gte=newest) | Q(pk__gte=lowest, pk__lt=above)

    def go_on(self) -> None:
        """All of the last look is done."""
        self._above = self._next

    def _lowest(self, rows: QuerySet[Any]) -> tuple[int, datetime | None]:
        """Where the slice of the newest of these ends, and how old it is there; 0 at the end."""
        size = self._size or SIZE
        ordered = rows.order_by("-pk").values_list("pk", self._dated)
        return next(iter(ordered[size - 1 : size]), (0, None))
