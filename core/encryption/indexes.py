"""Columns of digests, filled from encrypted ones by the model that has both.

A `DigestField` stands for one whole value, unique or not; `EncryptedCharField(index=…)` names it,
and is then searched by it with `exact` and `in`. A `TokensField` is a set of tokens, made by a
method of the model, for beginnings of words and other parts.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.bases import MixinBase
from core.encryption.blind_index import digest

Row = TypeVar("Row", bound=models.Model)


class IndexField(MixinBase):
    """A column that is made from others of its row; comes before a field of Django's."""

    def sources(self) -> Sequence[str]:
        """The fields that it is made from."""
        raise NotImplementedError

    def made_of(self, row: models.Model) -> Any:
        """The value for a row."""
        raise NotImplementedError

    def pre_save(self, row: models.Model, add: bool) -> Any:
        """Made anew whenever it is written."""
        value = self.made_of(row)
        setattr(row, self.attname, value)
        return value


class DigestField(IndexField, models.UUIDField):  # type: ignore[type-arg]  # of digests
    """The digest of one field, NULL for none. `comparable` gives what of it is compared."""

    def __init__(
        self,
        *args: Any,
        source: str = "",
        comparable: Callable[[str], str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.source, self.comparable = source, comparable
        super().__init__(*args, **{"editable": False, **kwargs})

    def deconstruct(self) -> Any:
        """With what it is made from."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"source": self.source, "comparable": self.comparable}

    def sources(self) -> Sequence[str]:
        """The one field."""
        return [self.source]

    def made_of(self, row: models.Model) -> UUID | None:
        """The digest of the row's value."""
        return self.digest_of(getattr(row, self.source))

    def digest_of(self, value: str | None) -> UUID | None:
        """The digest of a value of the source."""
        if not value:
            return None
        source: Any = self.model._meta.get_field(self.source)
        return digest(source.context, self.comparable(value) if self.comparable else value)


class TokensField(IndexField, ArrayField):  # type: ignore[type-arg]  # of numbers
    """Tokens of several fields, which the model's method `made_by` gives."""

    def __init__(
        self, *args: Any, made_from: Sequence[str] = (), made_by: str = "", **kwargs: Any
    ) -> None:
        self.made_from, self.made_by = list(made_from), made_by
        kwargs = {"default": list, "editable": False, **kwargs}
        super().__init__(models.BigIntegerField(), *args, **kwargs)

    def deconstruct(self) -> Any:
        """With what it is made from."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("base_field", None)
        return name, path, args, kwargs | {"made_from": self.made_from, "made_by": self.made_by}

    def sources(self) -> Sequence[str]:
        """The fields that are named."""
        return self.made_from

    def made_of(self, row: models.Model) -> list[int]:
        """What the method gives; a model of a migration has none, and keeps its value."""
        made: Callable[[], Iterable[int]] | None = getattr(row, self.made_by, None)
        return sorted(made()) if made else getattr(row, self.attname)


def index_fields(model: type[models.Model], names: Iterable[str] | None = None) -> list[Any]:
    """The index columns of a model, or those that are made from these fields."""
    fields: list[Any] = [f for f in model._meta.concrete_fields if isinstance(f, IndexField)]
    if names is None:
        return fields
    written = set(names)
    return [field for field in fields if written.intersection(field.sources())]


class IndexedQuerySet(models.QuerySet[Row]):
    """Rows whose index columns cannot be forgotten."""

    def update(self, **values: Any) -> int:
        """Update columns that no index is made from. Raises TypeError for others: save the rows."""
        self._refuse(values)
        return super().update(**values)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """The same."""
        self._refuse(fields)
        return super().bulk_update(objs, fields, batch_size)

    def _refuse(self, names: Iterable[str]) -> None:
        if stale := index_fields(self.model, names):
            raise TypeError(f"Save each row: {stale[0].name} is made from what is updated.")


class IndexedModel(models.Model):
    """A model with index columns: they are saved with what they are made from.

    Its manager is one of IndexedQuerySet.
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save it, with its indexes."""
        names = kwargs.get("update_fields")
        if names is not None:
            stale = {field.name for field in index_fields(type(self), names)}
            kwargs["update_fields"] = {*names, *stale}
        super().save(*args, **kwargs)
