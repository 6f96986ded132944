"""Where an address is, whoever receives it there and however it is spelled."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Func, TextField, Value
from django.db.models.functions import Replace

from core.database.folding import NormalizedTextKey


class Place(Func):
    """The place as it is compared, of expressions for the lines: columns or values.

    People part the street into its two lines as they like, and write a postcode in groups or not.
    """

    template = "(%(expressions)s)"
    arg_joiner = " || '|' || "
    output_field = TextField()

    def __init__(self, lines: Mapping[str, Any]) -> None:
        street, city = (
            NormalizedTextKey(lines["line_1"], lines["line_2"]),
            NormalizedTextKey(lines["city"]),
        )
        postcode = Replace(NormalizedTextKey(lines["postcode"]), Value(" "))
        super().__init__(street, city, postcode, lines["country"])
