"""Languages, named as BCP 47 does (RFC 5646): a language, perhaps a script, perhaps a region."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError

LAST_RESORT = "en"  # what Dosette comes with
_TAG = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|\d{3}))?")


def default_language() -> str:
    """The language of customers who named none (`DEFAULT_LANGUAGE`)."""
    return str(settings.DEFAULT_LANGUAGE)


def canonical(tag: str) -> str:
    """The tag in its usual letters: `PT-br` is `pt-BR`. Raises ValidationError for none."""
    match = _TAG.fullmatch(tag.strip())
    if not match:
        raise ValidationError("Give a language as BCP 47 names it, such as en, sw or pt-BR.")
    language, script, region = match.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(filter(None, parts))


def validate_language(tag: str) -> None:
    """Raise ValidationError when it is no language tag of ours."""
    canonical(tag)


def chain(tag: str) -> list[str]:
    """The languages to try, in order: `pt-BR`, `pt`, then the default's, then English.

    RFC 4647, 3.4 (lookup): the end is cut off, subtag by subtag.
    """
    wanted = [part for start in (tag, default_language(), LAST_RESORT) for part in _cut(start)]
    return list(dict.fromkeys(wanted))


def _cut(tag: str) -> list[str]:
    parts = tag.split("-") if tag else []
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
