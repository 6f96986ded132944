"""What staff do about a case, on record."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core.cases.models import Case, CaseEvent
from core.cases.registry import Action, kind
from core.cases.store import dismiss
from core.risks import check_reason, weigh
from core.workflow import TransitionNotAllowedError


def subject_of(case: Case) -> Any:
    """The row that a case is about; None when it is gone. Raises LookupError for its kind."""
    return kind(case.kind).rows.filter(pk=case.subject_id).first()


def available_actions(case: Case, subject: Any) -> list[Action]:
    """What can be done about a case and its subject (`subject_of`) now, whoever asks."""
    if case.closed_at:
        return []
    actions = kind(case.kind).actions
    if subject is None:
        return [action for action in actions if action.closes]
    return [action for action in actions if action.is_available(subject)]


def fields_of(action: Action, subject: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the action's form makes of what was given; what is left out stays as it is.

    Raises ValidationError by field, for unknown ones too.
    """
    form_class: Any = action.form
    known = form_class.base_fields
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValidationError({str(unknown[0])[:100]: "This action has no such field."})
    form = action.form(data={**(action.initial(subject) if subject else {}), **given})
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    return form.cleaned_data


@transaction.atomic
def act(
    case: Case,
    action: Action,
    *,
    by: str,
    reason: str = "",
    despite_risk: bool = False,
    fields: Mapping[str, Any] | None = None,
) -> str:
    """Do it, and write it down; what the verb says of it, if anything.

    Whoever calls has checked that this person may.

    Raises TransitionNotAllowedError when the case is closed or the subject is not in a state for
    it, UnsafeActionError when something speaks against it and `despite_risk` was not said,
    ValidationError (`reason`) without a reason where one is needed. Nothing has changed then. A
    verb that weighs a risk does so again, under its locks: what was safe when it was looked at may
    not be any more.
    """
    # Not locked: the verb locks its rows first, as whoever resolves this case does.
    subject = subject_of(case)
    if action not in available_actions(case, subject):
        raise TransitionNotAllowedError(
            f"“{action.label}” is not possible now. Look at the case again."
        )
    obstacle = action.risk(subject) if subject else ""
    detail = weigh(obstacle, despite_risk=despite_risk, reason=reason)
    if action.needs_reason:
        check_reason(reason)
    CaseEvent.objects.create(case=case, kind=action.name, actor=by, detail=detail[:500])
    result = None
    if action.run and subject:
        risk = {"despite_risk": despite_risk} if action.has_risk else {}
        result = action.run(subject, by=by, reason=reason.strip(), **risk, **(fields or {}))
    if action.closes and not dismiss(case.kind, case.subject_id, by=by, why=reason.strip()):
        raise TransitionNotAllowedError("This case was closed meanwhile.")
    return result if isinstance(result, str) else ""
