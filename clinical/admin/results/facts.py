"""What the page of a result shows: its versions, and the samples that it may be of."""

from collections.abc import Iterable

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from clinical.laboratories.matching import Candidate
from clinical.laboratories.releasing import RELEASE
from clinical.models import LabResult, ResultVersion
from clinical.states import ResultState
from identity.models import User

HIDDEN = "Not shown before a clinician has released it."


def sees_values(person: User, result: LabResult) -> bool:
    """Whether somebody who may look at results may see what this one says."""
    return result.state == ResultState.RELEASED or person.has_perm(RELEASE)


def shown_versions(versions: Iterable[ResultVersion], *, with_values: bool) -> SafeString:
    """A paragraph for each, the latest first."""
    return format_html_join("", "{}", ((_version(each, with_values),) for each in versions))


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
