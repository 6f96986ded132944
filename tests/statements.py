"""What a statement of SQL writes to."""

import re

_WRITES = re.compile(
    r"\b(?:INSERT INTO|(?<!\bFOR )(?<!\bKEY )(?<!\bDO )UPDATE|DELETE FROM|MERGE INTO)\s+\"?(\w+)"
)


def written_tables(sql: str) -> list[str]:
    """The tables, wherever the writes stand in it: the history's origin may be told before them
    (core/history/origin.py), and several rows may be written as the steps of one WITH."""
    return _WRITES.findall(sql)
