"""Studies that wait for a clinician: taken by one at a time, released, and taken in their order."""

from django.db import transaction

from clinical.models import Study, StudyEvent
from clinical.states import WAITING
from core.workflow import TransitionNotAllowedError
from identity.models import User


@transaction.atomic
def take(study: Study, *, reader: User) -> None:
    """Take a study from the worklist: until it is signed or released nobody else reports it.

    Raises TransitionNotAllowedError when somebody has taken it, or it does not wait any more.
    """
    free = Study.objects.filter(pk=study.pk, reader=None, state__in=sorted(WAITING))
    if not free.update(reader=reader):
        now = Study.objects.select_related("reader").get(pk=study.pk)
        if now.state in WAITING and now.reader is not None:
            raise TransitionNotAllowedError(f"{now.reader.username} has taken this study.")
        raise TransitionNotAllowedError(f"This study is {now.state}: it does not wait to be read.")
    StudyEvent.objects.create(study=study, kind="taken", actor=reader.actor)


@transaction.atomic
def take_next(*, reader: User) -> Study | None:
    """Take the first that nobody has taken: the most urgent, of these the oldest; None when there
    is none. Two who ask at once get two."""
    free = Study.objects.waiting().filter(reader=None)
    study = free.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    if study is not None:
        take(study, reader=reader)
    return study


@transaction.atomic
def release(study: Study, *, by: str) -> None:
    """Give a study back to the worklist, one's own or a colleague's who is away.

    Raises TransitionNotAllowedError when nobody has taken it.
    """
    if not Study.objects.filter(pk=study.pk).exclude(reader=None).update(reader=None):
        raise TransitionNotAllowedError("Nobody has taken this study.")
    StudyEvent.objects.create(study=study, kind="released", actor=by)
