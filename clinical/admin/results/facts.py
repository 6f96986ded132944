"""What the page of a result shows: its versions, and the samples that it may be of."""

from collections.abc import Iterable

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from clinical.laboratories.comparing import normalized
from clinical.laboratories.matching import Candidate
from clinical.laboratories.releasing import RELEASE
from clinical.models import LabResult, ResultVersion, Sample
from clinical.states import ResultState
from identity.models import User

NOT_HELD = "Shown to those who may release results: another version holds."
OTHER = (
    '<div class="mb-3"><div class="font-semibold">Version {}: {}, issued {}</div>'
    "<div>{}</div>"
    "</div>"
)
HIDDEN = "Not shown before a clinician has released it."


def sees_values(person: User, result: LabResult) -> bool:
    """Whether somebody who may look at results may see what this one says."""
    return result.state == ResultState.RELEASED or person.has_perm(RELEASE)


def named(versions: Iterable[ResultVersion]) -> set[int]:
    """The patients whose samples these versions name by their serial."""
    serials = {normalized(version.serial) for version in versions}
    return set(Sample.objects.filter(serial__in=serials).values_list("patient", flat=True))


def shown_versions(
    result: LabResult, versions: Iterable[ResultVersion], person: User
) -> SafeString:
    """A paragraph for each, the latest first. What another version than the one that holds says,
    and of whom, is shown to those alone who may release: it may never have been released, and be
    somebody else's."""
    with_values, with_all = sees_values(person, result), person.has_perm(RELEASE)
    lines = (
        _version(each, with_values) if with_all or each.number == result.number else _other(each)
        for each in versions
    )
    return format_html_join("", "{}", ((line,) for line in lines))


def _other(version: ResultVersion) -> SafeString:
    issued = f"{localtime(version.issued_at):%d %b %Y, %H:%M}"
    return format_html(
        OTHER,
        version.number,
        version.status,
        issued,
        NOT_HELD,
    )


def _version(version: ResultVersion, with_values: bool) -> SafeString:
    born = date_format(version.birth_date, "j M Y") if version.birth_date else "not given"
    said = version.findings if with_values else HIDDEN
    status = f"{version.status}, {version.flag}" if with_values else version.status
    return format_html(
        '<div class="mb-3"><div class="font-semibold">Version {}: {}, issued {}</div>'
        "<div>Serial {}, {}, born {}</div>"
        '<div style="white-space: pre-line">{}</div></div>',
        version.number,
        status,
        f"{localtime(version.issued_at):%d %b %Y, %H:%M}",
        version.serial,
        version.person or "no name",
        born,
        said,
    )


def shown_candidates(candidates: Iterable[Candidate]) -> SafeString:
    """A line for each: who it is, what speaks for it, and what against."""
    lines = [
        (
            each.sample.serial,
            each.sample.person,
            date_format(each.sample.birth_date, "j M Y"),
            ", ".join(each.agrees) or "nothing",
            ", ".join(each.differs) or "nothing",
        )
        for each in candidates
    ]
    if not lines:
        return format_html("{}", "No sample has its serial, or its birth date and name.")
    text = "<div>{}: {}, born {}. For it: {}. Against it: {}.</div>"
    return format_html_join("", text, lines)
