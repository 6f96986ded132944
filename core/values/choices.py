"""Which words there are where only a few are taken."""

from collections.abc import Collection

MOST_NAMED = 30


def known_choices(names: Collection[object]) -> str:
    """A sentence that names them; empty when they are too many to be read."""
    shown = [str(name) for name in names if str(name)]
    return f"Use one of: {', '.join(shown)}." if 0 < len(shown) <= MOST_NAMED else ""
