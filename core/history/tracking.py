"""Which models have a history, and what a row of it is.

`@tracked()` on a model has triggers write a row for each INSERT, UPDATE and DELETE, whoever asks
for it: forms, services, bulk updates, imports, SQL by hand. A row holds what the record was before,
and of a new one what it was at first. docs/decisions/0040-history.md.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.apps import apps
from django.db import connections, models
from pghistory import trigger
from pghistory.models import Event

from core.encryption.fields import EncryptedTextField

CREATED, CHANGED, DELETED = "created", "changed", "deleted"
NOT_CHANGES = ("id", "version")  # the version goes up with columns of which no history is kept, too
REASON = "history.reason"  # what the encrypted reasons of all histories are bound to
Model = TypeVar("Model", bound=type[models.Model])


class HistoryRow(Event):
    """One change of a record: what it was before, when that ended, and by whom.

    `pgh_context` says who, why and by what (core/history/origin.py); null where nothing was said,
    as by SQL by hand.
    """

    pgh_tracked_model: Any
    id: Any  # of the record

    is_append_only = True
    is_written_by_triggers = True
    # The record on whose page it is shown: a foreign key of the tracked model; "": on its own.
    part_of = ""
    # Of a foreign key: which column of its row says in words what it is.
    named_by: Mapping[str, str] = {}

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class ReasonedHistoryRow(HistoryRow):
    """A change that may have been made for a reason: what somebody said with `because`."""

    pgh_reason = EncryptedTextField(
        null=True,
        context=REASON,
        db_default=models.Func(
            template="decode(nullif(current_setting('dosette.reason', true), ''), 'base64')",
            output_field=models.BinaryField(),
        ),
    )

    class Meta(HistoryRow.Meta):
        abstract = True


class _Differs(pgtrigger.Condition):
    """One of these columns is another than it was: as bytes, since some are encrypted."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def resolve(self, model: type[models.Model]) -> str:
        """The SQL."""
        fields: list[Any] = [model._meta.get_field(name) for name in self._names]
        columns = [field.column for field in fields]
        return " OR ".join(f'OLD."{each}" IS DISTINCT FROM NEW."{each}"' for each in columns)


def tracked(
    *,
    fields: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    app_label: str | None = None,
    part_of: str = "",
    named_by: Mapping[str, str] | None = None,
    keeps_reasons: bool = False,
) -> Callable[[Model], Model]:
    """Keep a history of a model: of all its own columns, or of those that are named.

    With `keeps_reasons`, also why it was changed (`because`).
    """

    def track(model: Model) -> Model:
        every = [field.name for field in model._meta.concrete_fields]
        kept = [each for each in fields or every if each not in exclude]
        # What it was before: so that records that are older than their history have one.
        differs = _Differs([each for each in kept if each not in NOT_CHANGES])
        keeps: Any = pghistory.track(
            pghistory.InsertEvent(CREATED),
            pghistory.UpdateEvent(CHANGED, row=pghistory.Old, condition=differs),
            pghistory.DeleteEvent(DELETED),
            fields=kept,
            app_label=app_label,
            model_name=f"{model.__name__}History",
            base_model=ReasonedHistoryRow if keeps_reasons else HistoryRow,
            obj_field=None,  # `id` says it
            context_field=pghistory.ContextJSONField(),
            context_id_field=None,  # type: ignore[arg-type]  # as the library's manual says
            level=pgtrigger.Statement,
            attrs={"part_of": part_of, "named_by": named_by or {}},
            meta=_options(model, part_of),
        )
        tracks: Model = keeps(model)
        return tracks

    return track


def _options(model: type[models.Model], part_of: str) -> dict[str, Any]:
    name = f"{model.__name__.lower()}_history"
    return {
        "default_permissions": (),
        "verbose_name": f"history of {model._meta.verbose_name}",
        "verbose_name_plural": f"history of {model._meta.verbose_name_plural}",
        "indexes": [models.Index(fields=[part_of or "id", "-pgh_id"], name=name)],
    }


def history_models() -> list[type[HistoryRow]]:
    """Every history that is kept."""
    return [model for model in apps.get_models() if issubclass(model, HistoryRow)]


def history_of(model: type[models.Model]) -> type[HistoryRow] | None:
    """The history of a model, if it has one."""
    histories = ((each, each.pgh_tracked_model._meta) for each in history_models())
    return next((each for each, meta in histories if meta.concrete_model is model), None)


def parts_of(model: type[models.Model]) -> list[type[HistoryRow]]:
    """The histories of the rows that belong to a record of this model, such as its addresses."""
    parts = [each for each in history_models() if each.part_of]
    return [each for each in parts if _owner(each) is model]


def _owner(history: type[HistoryRow]) -> Any:
    return history._meta.get_field(history.part_of).related_model


def tracked_tables() -> Collection[str]:
    """The tables whose changes are recorded."""
    return {str(each.pgh_tracked_model._meta.db_table) for each in history_models()}


# The library's lets any session pass by a trigger that it names.
IGNORE_NOTHING = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql STABLE AS 'SELECT public.core_is_reencrypting()'
"""
# A session plans a trigger once, perhaps for a single row: in loops, 100,000 rows would then take
# the square of that.
AS_OWNER = """
DO $$
DECLARE
    known regprocedure;
BEGIN
    FOR known IN SELECT oid FROM pg_proc
        WHERE proname = ANY(%s) AND pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format(
            'ALTER FUNCTION %%s SECURITY DEFINER SET search_path = public, pg_temp '
            'SET enable_nestloop = off', known);
    END LOOP;
END $$
"""


def guard(using: str = "default", **_: Any) -> None:
    """Let nobody past the triggers, whatever a session sets; after each `migrate`.

    They write in the name of the tables' owner: the application adds no row itself.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('public._pgtrigger_should_ignore') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return  # nothing was ever tracked here
        cursor.execute(IGNORE_NOTHING)
        cursor.execute(AS_OWNER, [_functions()])


def _functions() -> list[str]:
    """The triggers' functions."""
    every = pgtrigger.registered()
    return [each.get_pgid(model) for model, each in every if isinstance(each, trigger.Event)]
