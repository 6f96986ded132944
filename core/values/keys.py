"""Keys of rows, as addresses and forms write them."""

import re

KEY = re.compile(r"(0|[1-9][0-9]{0,18})\Z", re.ASCII)


def is_key(text: object) -> bool:
    """Whether it is a whole number as we write it: `5`, and neither `+5`, ` 5`, `005` nor `٥`."""
    return bool(KEY.match(str(text)))
