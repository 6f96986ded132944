"""Who may act on which kinds of cases."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from core import cases
from core.cases import Action, Kind
from core.cases.models import Case
from identity.models import User
from identity.rights.roles import roles_with

CHANGE = "core.change_case"
BY_GROUPS = "django.contrib.auth.backends.ModelBackend"


def may(user: Any, action: Action) -> bool:
    """Whether this person may act on cases, and may do this."""
    return bool(user.has_perms([CHANGE, action.permission]))


def acts_on(user: Any, kind: Kind) -> bool:
    """Whether this person may do anything about cases of this kind."""
    return any(may(user, action) for action in kind.actions)


def kinds_of(request: HttpRequest) -> list[Kind]:
    """The kinds that this person may act on."""
    return [kind for kind in cases.kinds() if acts_on(request.user, kind)]


def roles_for(actions: list[Action]) -> list[str]:
    """The roles in which somebody may do one of these."""
    able = {name for action in actions for name in roles_with(CHANGE, action.permission)}
    return sorted(able)


def colleagues(*kinds: Kind) -> QuerySet[User]:
    """The people who may act on cases of all these kinds."""
    people = _with(CHANGE).filter(is_staff=True)
    for kind in kinds:
        needed = {action.permission for action in kind.actions}
        able = Q(pk__in=[])
        for permission in sorted(needed):
            able |= Q(pk__in=_with(permission).values("pk"))
        people = people.filter(able)
    return people.order_by("first_name", "last_name", "username")


def check_may_be_given(case: Case, person: User | None) -> User:
    """The person, who may act on the case. Raises ValidationError (`to`) for anybody else."""
    if person is None or not colleagues(cases.kind(case.kind)).filter(pk=person.pk).exists():
        raise ValidationError({"to": "They may not act on this."})
    return person


def _with(permission: str) -> QuerySet[User]:
    people: QuerySet[User] = User.objects.with_perm(permission, backend=BY_GROUPS)
    return people
