"""Cells of files that are imported, for the tests of the importers."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from core.imports import Column


def plain_cells(columns: Sequence[Column]) -> st.SearchStrategy[tuple[Column, str]]:
    """Columns that take plain cells, each with one.

    A pattern's limit of length is a lookahead, by which Hypothesis would find cells slowly.
    """
    taken = [column for column in columns if column.plain.pattern != "(?!)"]
    return st.sampled_from(taken).flatmap(lambda column: st.tuples(st.just(column), _cell(column)))


def _cell(column: Column) -> st.SearchStrategy[Any]:
    limit, _, pattern = column.plain.pattern.partition(r"\Z)")
    assert limit.startswith("(?=.{")
    return st.from_regex(pattern, fullmatch=True).filter(column.plain.fullmatch)
