"""The lives of studies, samples and results.

A study:

registered   asked for, and not taken yet
performed    taken: its images can be read
reported     somebody has written a report, which nobody has signed: it may still be rewritten
final        the report is signed, and the study locked
amended      the signed report was replaced by another signed one; the old text is kept
cancelled    never taken
entered in error   off the record; no row is deleted

A sample:

registered   somebody has said whose it is
withdrawn    the person does not want it to be examined, or its result to be known
destroyed    there is nothing left of it

A result of a laboratory:

unmatched    nobody knows for certain whose it is: a person decides
waiting      attached, and preliminary: the laboratory has not finished
held         attached; a clinician must see it before anybody else does
released     a study of the patient
cancelled    the laboratory has taken it back
set-aside    a person has decided that it is nobody's
"""

from django.db import models

from core.workflow import Workflow


class StudyState(models.TextChoices):
    """The words of FHIR R4 for DiagnosticReport.status
    (https://hl7.org/fhir/R4/valueset-diagnostic-report-status.html), but for the two before a
    report: `performed`, and `reported`, which is FHIR's `preliminary`."""

    REGISTERED = "registered"
    PERFORMED = "performed"
    REPORTED = "reported"
    FINAL = "final"
    AMENDED = "amended"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


# They wait for a clinician: for a report, or for a signature below it.
WAITING = frozenset({StudyState.PERFORMED, StudyState.REPORTED})
# Somebody has signed: what the study says is changed by an amendment alone.
SIGNED = frozenset({StudyState.FINAL, StudyState.AMENDED})

STUDY = Workflow(
    transitions={
        "registered": frozenset({"performed", "cancelled", "entered-in-error"}),
        "performed": frozenset({"reported", "entered-in-error"}),
        "reported": frozenset({"reported", "final", "entered-in-error"}),
        "final": frozenset({"amended", "entered-in-error"}),
        "amended": frozenset({"amended", "entered-in-error"}),
        "cancelled": frozenset({"entered-in-error"}),
        "entered-in-error": frozenset(),
    }
)


class SampleState(models.TextChoices):
    """Results are attached to a registered sample only."""

    REGISTERED = "registered"
    WITHDRAWN = "withdrawn"
    DESTROYED = "destroyed"


SAMPLE = Workflow(
    transitions={
        "registered": frozenset({"withdrawn", "destroyed"}),
        "withdrawn": frozenset({"destroyed"}),
        "destroyed": frozenset(),
    }
)


class ResultState(models.TextChoices):
    """From what a laboratory reports to a study of the patient."""

    UNMATCHED = "unmatched"
    WAITING = "waiting"
    HELD = "held"
    RELEASED = "released"
    CANCELLED = "cancelled"
    SET_ASIDE = "set-aside"


_ATTACHED = frozenset({"waiting", "held", "released"})
_ENDED = frozenset({"unmatched", "cancelled"})
RESULT = Workflow(
    transitions={
        "unmatched": _ATTACHED | _ENDED | {"set-aside"},
        "waiting": _ATTACHED | _ENDED,
        "held": _ATTACHED | _ENDED,
        "released": _ATTACHED | _ENDED,
        "cancelled": _ATTACHED | _ENDED,
        "set-aside": frozenset({"unmatched"}),
    }
)

# How the admin colours them.
STUDY_COLOURS = {
    "registered": "info",
    "performed": "warning",
    "reported": "warning",
    "final": "success",
    "amended": "success",
    "cancelled": "danger",
    "entered-in-error": "danger",
}
RESULT_COLOURS = {
    "unmatched": "danger",
    "waiting": "info",
    "held": "warning",
    "released": "success",
    "cancelled": "danger",
    "set-aside": "info",
}
