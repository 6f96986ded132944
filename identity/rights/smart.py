"""SMART on FHIR's scopes (App Launch 2.2, "Scopes and launch context"), as far as we honour them.

`system/Patient.rs` for programs and `user/*.rs` for people; in version 1 of SMART `.read`. They
open `/fhir/` alone, and to nobody who may not use `clinical:read`. Not honoured, and so worth
nothing: `patient/…` (no app is launched with a patient) and scopes that a query narrows.
"""

import re
from collections.abc import Iterable

_SCOPE = re.compile(
    r"(?P<context>system|user)/(?P<type>[A-Z][A-Za-z]{1,63}|\*)\."
    r"(?P<letters>read|write|\*|(?=.)c?r?u?d?s?)"
)
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
READ, SEARCH = "r", "s"
ANY = "*"

SmartGrants = frozenset[tuple[str, str]]


def is_smart(scope: str) -> bool:
    """Whether it is a scope of SMART's that may mean something here."""
    return bool(_SCOPE.fullmatch(scope))


def grants(scopes: Iterable[str], context: str) -> SmartGrants:
    """What they allow in this context (`system` or `user`): pairs of resource type and letter."""
    matches = filter(None, map(_SCOPE.fullmatch, scopes))
    return frozenset(
        (match["type"], letter)
        for match in matches
        if match["context"] == context
        for letter in _VERSION_1.get(match["letters"], match["letters"])
    )


def permits(granted: SmartGrants, resource_type: str, letter: str) -> bool:
    """Whether they allow to read (`r`) or search (`s`) resources of this type."""
    return not granted.isdisjoint({(resource_type, letter), (ANY, letter)})
