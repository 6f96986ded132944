"""Reasons that were written before the other side's words were kept apart from them.

Histories are not rewritten, and a worker of the release before goes on writing so in a roll-out:
these words are left out where a text is shown to somebody who sees no addresses.
"""

import re

from core.http import code_of

_OPENINGS = (
    "refused",
    "refused our credentials",
    "failed",
    "asked us to wait",
    "answered a redirect, which is not followed",
    "answered no known status",
    "it may have this order already",
    "took no recipient",
)
_REASON = re.compile(
    rf"\b(?P<opening>(?:{'|'.join(_OPENINGS)}): )"
    r"(?P<status>\d{3}\b)?(?P<quote>.*?)(?P<tail>(?:: goes by [\w-]+)?)$",
    re.DOTALL,
)


def strip_quoted_answer(text: str) -> str:
    """The text as it would be written now: nothing stands behind a status, or but one code."""
    return _REASON.sub(_shortened, text)


def _shortened(match: re.Match[str]) -> str:
    opening, status, quote, tail = match.group("opening", "status", "quote", "tail")
    return opening + (status or code_of(quote) or "in its own words") + tail
