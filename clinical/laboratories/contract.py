"""What a laboratory is: the class of each, what it gives, and what it raises.

The counterpart of `shipping/provider_api/` for those who examine samples.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings


class MessageValidationError(Exception):
    """The message does not prove that it comes from the laboratory."""


class InvalidMessageError(ValueError):
    """The message is not what was agreed; `field` says where. It repeats nothing of it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    @property
    def problem(self) -> str:
        """What is wrong, and where."""
        return f"{self.field}: {self}" if self.field else str(self)


@dataclass(frozen=True, slots=True)
class ReportedResult:
    """One version of a result.

    `reference` is the laboratory's own name for the result, `number` goes up with each version.
    `status` is one of VersionStatus, `flag` one of Flag, `issued_at` UTC. `person` and `birth_date`
    are whose sample it took it for; a laboratory that was told no date gives None. `findings` is
    text for people to read; `raw` is what it was read from.
    """

    reference: str
    number: int
    status: str
    flag: str
    serial: str
    person: str
    birth_date: date | None
    findings: str
    issued_at: datetime
    raw: str


class Laboratory:
    """A laboratory, which posts results to us."""

    name: ClassVar[str]
    # Settings it cannot work without: `SECRET` is REFERENCE_LABORATORY_SECRET in the environment.
    needs: ClassVar[tuple[str, ...]] = ("SECRET",)

    def setting(self, what: str) -> str:
        """A setting's value, from the settings or the environment; empty when it is not set."""
        name = f"{self.name.upper()}_LABORATORY_{what}"
        return str(getattr(settings, name, "") or os.environ.get(name, ""))

    def secrets(self, what: str = "SECRET") -> list[str]:
        """A secret that may be several, separated by commas, while one replaces another."""
        return [part.strip() for part in self.setting(what).split(",") if part.strip()]

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check that a message is the laboratory's. Header names are in lower case.

        Raises MessageValidationError.
        """
        raise NotImplementedError

    def results(self, body: bytes) -> Sequence[ReportedResult]:
        """The versions in a verified message, all of them. Raises InvalidMessageError for one that
        cannot be read as a whole."""
        raise NotImplementedError


Fields = Mapping[str, Any]
