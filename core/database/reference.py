"""Reference data: what staff change now and then and every order asks for, kept in each process.

The models with `is_reference` are watched: whoever changes such a row renews one mark, in the same
transaction, by a trigger that each `migrate` puts on the table, so that no writer can forget it.
Whoever uses what is kept reads the mark first, and reads anew what was kept under another: nobody
acts on older rules than the database shows them. A mark is a random number, so one of a transaction
that was rolled back, or of before a restore, never comes again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.db import connection, connections, models

from core.database import unit_of_work

K = TypeVar("K")
V = TypeVar("V")
MOST = 10_000

FUNCTION = """
CREATE OR REPLACE FUNCTION core_renew_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_referencemark (id, mark) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET mark = excluded.mark;
    RETURN NULL;
END $$;
INSERT INTO core_referencemark (id, mark) VALUES (1, gen_random_uuid()) ON CONFLICT DO NOTHING;
-- As it is when this is called, though the statement that calls it may have waited for a lock.
CREATE OR REPLACE FUNCTION core_present_mark() RETURNS text LANGUAGE sql VOLATILE AS
    'SELECT mark::text FROM core_referencemark';
"""


class Kept(Generic[K, V]):
    """Rows of reference data by a key; only those that somebody asked for, and that there are.

    All threads share them: whoever gets one must not change it. `load` reads many in one statement,
    and gives those that there are.
    """

    def __init__(self, load: Callable[[Collection[K]], Mapping[K, V]]) -> None:
        self._load = load
        # Replaced as a whole with the mark, so that threads need no lock.
        self._under: tuple[Any, dict[K, V]] = (None, {})

    def get_many(self, keys: Collection[K]) -> dict[K, V]:
        """Those of these keys that there are now."""
        present, (mark, known) = current_mark(), self._under
        if mark != present or len(known) > MOST:
            known = {}
            self._under = present, known
        if missing := [key for key in keys if key not in known]:
            # Read after the mark, so never older than it says.
            known.update(self._load(missing))
        return {key: known[key] for key in keys if key in known}

    def get(self, key: K) -> V | None:
        """The one of this key, if there is one now."""
        return self.get_many([key]).get(key)


class KeptWhole(Generic[V]):
    """All of something, which is read at once."""

    def __init__(self, load: Callable[[], V]) -> None:
        self._kept: Kept[None, V] = Kept(lambda _: {None: load()})

    def get(self) -> V:
        """It, as it is now; not to be changed."""
        return self._kept.get_many([None])[None]


def current_mark() -> Any:
    """The mark of the reference data as this connection sees it: read once in a unit of work,
    unless that changes such data itself."""
    unit = unit_of_work.current()
    if unit and unit.mark is not None:
        return unit.mark
    with connection.cursor() as cursor:
        cursor.execute("SELECT mark::text FROM core_referencemark")
        row = cursor.fetchone()
    # Without the row nothing that is kept counts.
    mark = row[0] if row else object()
    hold(mark)
    return mark


def hold(mark: Any) -> None:
    """Let the unit of work that is open go by this mark, which was read in it."""
    if unit := unit_of_work.current():
        unit.mark, unit.mark_is_of = mark, _tables()


@cache
def _tables() -> tuple[str, ...]:
    return tuple(model._meta.db_table for model in reference_models())


def reference_models() -> list[type[models.Model]]:
    """Every model that holds reference data."""
    return [model for model in apps.get_models() if getattr(model, "is_reference", False)]


def watch(using: str = "default", **_: Any) -> None:
    """Put the trigger on every table of reference data; after each `migrate`, safe to repeat."""
    with connections[using].cursor() as cursor:
        cursor.execute(FUNCTION)
        for model in reference_models():
            cursor.execute(_trigger(model))


def _trigger(model: type[models.Model]) -> str:
    # Before the change: who waits for the mark holds no row that whoever has it may want next.
    columns = ", ".join(f'"{column}"' for column in _watched(model))
    return f"""
        CREATE OR REPLACE TRIGGER renews_the_mark
        BEFORE INSERT OR DELETE OR TRUNCATE OR UPDATE OF {columns} ON "{model._meta.db_table}"
        FOR EACH STATEMENT EXECUTE FUNCTION core_renew_mark()"""


def _watched(model: type[models.Model]) -> Iterator[str | None]:
    """Its columns but for those that programs write all day, of which nothing is kept."""
    others = getattr(model, "not_reference", ())
    return (field.column for field in model._meta.concrete_fields if field.name not in others)
