"""The reference laboratory: JSON, one version of one result a message, by Standard Webhooks.

    {"result_id": "r-1", "version": 2, "status": "final", "issued_at": "2026-05-19T13:18:45Z",
     "sample": {"serial": "K7010", "name": "Ana Ruiz", "birth_date": "1990-05-17"},
     "findings": [{"name": "Ferritin", "value": "18", "unit": "ug/L", "flag": "positive"}]}

REFERENCE_LABORATORY_SECRET may name several secrets, separated by commas.
"""

from collections.abc import Mapping

from clinical.laboratories import parsing
from clinical.laboratories.contract import (
    Fields,
    InvalidMessageError,
    Laboratory,
    MessageValidationError,
    ReportedResult,
)
from clinical.models import Flag, VersionStatus
from clinical.models.results import LONGEST_PERSON, LONGEST_REFERENCE
from clinical.models.samples import LONGEST_SERIAL
from core.web import signatures

MOST_FINDINGS = 60


class Reference(Laboratory):
    """Signs what it posts; a result that it has cancelled has no findings, and no other one."""

    name = "reference"

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """By the signature."""
        if not signatures.is_signed(self.secrets(), headers, body):
            raise MessageValidationError("no valid signature")

    def results(self, body: bytes) -> list[ReportedResult]:
        """The one version."""
        given = parsing.json_object(body)
        sample = parsing.part(given, "sample")
        findings = parsing.parts(given, "findings", MOST_FINDINGS)
        status = parsing.one_of(given, "status", VersionStatus.values)
        if not findings and status != VersionStatus.CANCELLED:
            text = "Only a cancelled result may have no findings."
            raise InvalidMessageError("findings", text)
        return [
            ReportedResult(
                reference=parsing.text(given, "result_id", LONGEST_REFERENCE),
                number=parsing.number(given, "version"),
                status=status,
                flag=_gravest(findings),
                serial=parsing.text(sample, "serial", LONGEST_SERIAL),
                person=parsing.text(sample, "name", LONGEST_PERSON, or_empty=True),
                birth_date=parsing.birth_date(sample, "birth_date"),
                findings="\n".join(map(_line, findings)),
                issued_at=parsing.moment(given, "issued_at"),
                raw=body.decode(),
            )
        ]


def _gravest(findings: list[dict[str, object]]) -> str:
    """The flag that asks for most; normal without any finding, where it is cancelled."""
    flags = [parsing.one_of(each, "flag", Flag.values) for each in findings]
    return max(flags, key=Flag.values.index, default=Flag.NORMAL)


def _line(finding: Fields) -> str:
    name = parsing.text(finding, "name", 60)
    unit = parsing.text(finding, "unit", 20, or_empty=True)
    value = parsing.text(finding, "value", 60)
    flag = parsing.one_of(finding, "flag", Flag.values)
    return f"{name}: {value} {unit}".rstrip() + f" ({flag})"


laboratory = Reference()
