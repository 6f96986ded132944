"""Whose a result is: serial, birth date and name must all agree with one sample. Pure, but for
reading samples."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from clinical.laboratories.comparing import compared_name, normalized, same_name
from clinical.models import LabResult, ResultVersion, Sample
from clinical.states import SampleState
from core.encryption.blind_index import digest

MOST_CANDIDATES = 20
ENDED = {
    SampleState.WITHDRAWN: "the person has withdrawn",
    SampleState.DESTROYED: "the sample is destroyed",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sample that a result may be of: what speaks for it, and what against."""

    sample: Sample
    agrees: tuple[str, ...]
    differs: tuple[str, ...]

    @property
    def is_certain(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.differs


def candidates(version: ResultVersion) -> list[Candidate]:
    """The samples with its serial or its birth date, the likeliest first; a name alone is no
    likeness. For an empty list the laboratory names a kit that nobody has registered."""
    serial = normalized(version.serial)
    alike = Q(serial=serial)
    if version.birth_date is not None:
        alike |= Q(birth_date=version.birth_date)
    rows = Sample.objects.filter(alike).order_by("-id")
    same_serial = list(rows.filter(serial=serial))
    others = [
        sample
        for sample in rows.exclude(serial=serial)[: 10 * MOST_CANDIDATES]
        if same_name(sample.person, version.person)
    ]
    compared = [_compared(sample, version) for sample in [*same_serial, *others]]
    return sorted(compared, key=lambda each: -len(each.agrees))[:MOST_CANDIDATES]


def certain(version: ResultVersion) -> Sample | None:
    """The one sample that it is of beyond doubt; None where a person must decide."""
    sample = Sample.objects.filter(serial=normalized(version.serial)).first()
    if sample is None:
        return None
    return sample if _compared(sample, version).is_certain else None


def _compared(sample: Sample, version: ResultVersion) -> Candidate:
    """Which of the three agree, and what else keeps the result from this sample."""
    facts = {
        "serial": sample.serial == normalized(version.serial),
        "birth date": version.birth_date is not None and sample.birth_date == version.birth_date,
        "name": same_name(sample.person, version.person),
    }
    differs = [f"another {what}" for what, is_same in facts.items() if not is_same]
    if sample.state in ENDED:
        differs.append(ENDED[SampleState(sample.state)])
    if _has_another(sample, version):
        differs.append("it has a result already")
    agrees = tuple(f"same {what}" for what, is_same in facts.items() if is_same)
    return Candidate(sample, agrees, tuple(differs))


def _has_another(sample: Sample, version: ResultVersion) -> bool:
    others = LabResult.objects.filter(sample=sample).exclude(pk=version.result_id)
    return others.exclude(state__in=["cancelled", "set-aside"]).exists()


def identity_of(version: ResultVersion) -> UUID:
    """What stands for whom it names: serial, birth date and name."""
    name = " ".join(compared_name(version.person))
    facts = (normalized(version.serial), version.birth_date, name)
    return digest("clinical_labresult.identity", "\0".join(map(str, facts)))
