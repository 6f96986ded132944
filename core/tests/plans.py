"""How PostgreSQL would find rows, for tests that say which index leads to them."""

from django.db import connection


def forget_statistics(*, sorting: bool = True) -> None:
    """Until the transaction ends, plans are made as for tables that nobody has counted.

    Statistics come whenever autovacuum likes, and of an empty table any index would do. Without
    `sorting` the order of the rows must come from an index, too.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_statistic")
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1 WHERE relnamespace = 'public'::regnamespace"
        )
        cursor.execute("SET LOCAL enable_seqscan = off")
        if not sorting:
            cursor.execute("SET LOCAL enable_sort = off")
