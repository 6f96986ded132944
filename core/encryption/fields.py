"""Encrypted columns: plain values in Python, bytes that only our keys read in the database.

They work in models, `values()`, `update()`, `bulk_create()`, forms, serializers and tables of
history. The database can neither compare nor order them: a look-up goes by a blind index
(core/encryption/blind_index.py). An empty text is kept as no bytes, so that "is there any" can be
asked (`exact=""`), and checks of the database may hold it; that a value is empty is no secret.
"""

from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import Exact, In, IsNull

from core.bases import MixinBase
from core.encryption.cipher import decrypt, encrypt


class _IsEmpty(Exact):
    """`exact=""`: the one comparison that the database can make."""

    def get_prep_lookup(self) -> Any:
        """The empty text. Raises FieldError for any other."""
        if self.rhs != "":
            raise FieldError(f"{self.lhs.output_field.context} is encrypted: {SEARCH}")
        return self.rhs


class _ByDigest(Exact):
    """`exact` of a column that has an index of digests: those are compared."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """The comparison of the digests, or of none for the empty text."""
        field = self.lhs.target
        if self.rhs == "":
            return _IsEmpty(self.lhs, "").as_sql(compiler, connection)
        index = field.index_field()
        column = index.get_col(self.lhs.alias)
        return compiler.compile(Exact(column, index.digest_of(self.rhs)))


class _AmongDigests(In):
    """`in` of such a column, of values and not of a query."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """The same for several digests."""
        index = self.lhs.target.index_field()
        digests = [index.digest_of(value) for value in self.rhs]
        return compiler.compile(In(index.get_col(self.lhs.alias), digests))


SEARCH = "the database cannot compare it. Search by its blind index."


class EncryptedField(MixinBase):
    """What all encrypted columns share; comes before a field of Django's.

    `context` is bound to each value: the table and column by default, and kept by migrations and
    by tables of history, whose rows are copies. `index` names the model's DigestField by which it
    is searched (core/encryption/indexes.py).
    """

    context: str
    LOOKUPS: ClassVar[dict[str, Any]] = {"isnull": IsNull, "exact": _IsEmpty}
    LOOKUPS_BY_INDEX: ClassVar[dict[str, Any]] = {
        "isnull": IsNull,
        "exact": _ByDigest,
        "in": _AmongDigests,
    }

    def __init__(self, *args: Any, context: str = "", index: str = "", **kwargs: Any) -> None:
        self.context, self.index = context, index
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Join a model: its table names the context."""
        super().contribute_to_class(cls, name, *((True,) if private_only else ()))
        self.context = self.context or f"{cls._meta.db_table}.{name}"

    def deconstruct(self) -> Any:
        """With the context, so that another table's copy reads the same bytes; the index is the
        model's own."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | ({"context": self.context} if self.context else {})

    def index_field(self) -> Any:
        """The column of digests by which it is searched."""
        return self.model._meta.get_field(self.index)

    def db_type(self, connection: Any) -> str:
        """Bytes."""
        return "bytea"

    def cast_db_type(self, connection: Any) -> str:
        """Bytes."""
        return "bytea"

    def get_lookup(self, lookup_name: str) -> Any:
        """Whether it is there, and whether it is empty. Raises FieldError for anything else."""
        lookups = self.LOOKUPS_BY_INDEX if self.index else self.LOOKUPS
        if lookup := lookups.get(lookup_name):
            return lookup
        raise FieldError(f"{self.context} is encrypted: {SEARCH}")

    def get_transform(self, lookup_name: str) -> Any:
        """None: nothing in it can be taken apart."""
        return None

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """The bytes to be stored; None for none."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        text = self.to_text(value if prepared else self.get_prep_value(value))
        return connection.Database.Binary(self.encrypted(text))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """The same: what is saved is never compared."""
        return self.get_db_prep_value(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The plain value. Raises DecryptionError."""
        return None if value is None else self.decrypted(value)

    def encrypted(self, text: str) -> bytes:
        """The bytes that stand for a text in this column."""
        return encrypt(text.encode(), self.context) if text else b""

    def decrypted(self, stored: bytes | memoryview) -> Any:
        """The value that these bytes stand for. Raises DecryptionError."""
        return self.from_text(decrypt(stored, self.context).decode() if len(stored) else "")

    def to_text(self, value: Any) -> str:
        """How a value is written before it is encrypted."""
        return str(value)

    def from_text(self, text: str) -> Any:
        """The value that was written so."""
        return text


class EncryptedCharField(EncryptedField, models.CharField):  # type: ignore[type-arg]  # of text
    """One line of encrypted text; `max_length` counts its letters."""


class EncryptedTextField(EncryptedField, models.TextField):  # type: ignore[type-arg]  # of text
    """Encrypted text."""


class EncryptedEmailField(EncryptedField, models.EmailField):  # type: ignore[type-arg]  # of text
    """An encrypted e-mail address."""


class EncryptedDateField(EncryptedField, models.DateField):  # type: ignore[type-arg,misc]  # its own signature is narrower
    """An encrypted date."""

    def to_text(self, value: date) -> str:
        """As ISO 8601 writes it."""
        return value.isoformat()

    def from_text(self, text: str) -> date | None:
        """The date; none where it was erased from a history."""
        return date.fromisoformat(text) if text else None
