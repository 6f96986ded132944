"""Our own ids in files: an export writes them, and an import knows the record by them.

A key alone would not do. Another Dosette has the same keys for other people, and a spreadsheet that
fills a column down counts them up. So a key comes with a digest that only we can make:
`patient-12-8f3c2a91d0e4`. What has another one is refused, and nobody is taken for somebody else.
"""

import re

from django.core.exceptions import ValidationError
from django.db.models import Model

from core.encryption.blind_index import digest
from core.imports.columns import Column
from core.values import text as texts

NAME = "dosette_id"
_FORM = re.compile(r"[a-z]+-([1-9][0-9]{0,17})-[0-9a-f]{12}")
REFUSED = (
    "This is no id that an export of this Dosette gave. Take it from an export, or leave it empty."
)


def written(model: type[Model], key: int) -> str:
    """The id of a record, for a file."""
    kind = model._meta.model_name
    return f"{kind}-{key}-{digest(f'{NAME}.{kind}', str(key)).hex[:12]}"


def key_of(model: type[Model], text: str) -> int:
    """The key of the record. Raises ValidationError for what we never wrote."""
    match = _FORM.fullmatch(text)
    if match is None or written(model, key := int(match[1])) != text:
        raise ValidationError(REFUSED)
    return key


def column(model: type[Model]) -> Column:
    """The column of a file that holds them; it may be missing, and its cells may be empty."""

    def clean(cell: str) -> str:
        text = texts.token(cell).lower()
        if text:
            key_of(model, text)
        return text

    return Column(NAME, clean, required=False)
