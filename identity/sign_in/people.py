"""Who a signed-in person is here, and what role the issuer gives them today."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction

from core.database import clock
from identity.models import LinkedAccount, User
from identity.rights.roles import ROLES
from identity.sign_in.provider import SignInRefusedError
from identity.tokens.reader import LONGEST_NAME

NOT_STAFF = "You are not on the staff's list. Ask whoever manages your account for a role."


def person_of(claims: Mapping[str, Any]) -> User:
    """The person, with names and roles as the issuer says today. Raises SignInRefusedError.

    Known by (iss, sub) alone: an e-mail address can change hands.
    """
    account = _account(claims["iss"], _subject(claims))
    roles = roles_of(claims)
    if roles is None:
        if account:
            _dismiss(account.user)
        raise SignInRefusedError(NOT_STAFF)
    if claims.get("email_verified") not in (True, "true"):
        raise SignInRefusedError("Your e-mail address is not verified at the sign-in service yet.")
    person = account.user if account else _newcomer(claims)
    if not person.is_active:
        raise SignInRefusedError("Your account has been closed here. Ask a manager.")
    _bring_up_to_date(person, claims, roles)
    return person


def roles_of(claims: Mapping[str, Any]) -> set[str] | None:
    """The roles that the issuer's groups stand for; None for somebody who is not staff.

    OIDC_ROLES is the allow-list (issuer's group -> role): what it does not name gives nothing.
    """
    listed = claims.get(settings.OIDC_GROUPS_CLAIM)
    groups = (
        {group for group in listed if isinstance(group, str)} if isinstance(listed, list) else set()
    )
    allowed = settings.OIDC_ROLES or {role: role for role in ROLES}
    roles = {allowed[group] for group in groups if group in allowed} & set(ROLES)
    is_staff = settings.OIDC_STAFF_GROUP in groups if settings.OIDC_STAFF_GROUP else bool(roles)
    return roles if is_staff else None


def _subject(claims: Mapping[str, Any]) -> str:
    subject: str = claims["sub"]
    if 0 < len(subject) <= LONGEST_NAME and subject.isprintable():
        return subject
    raise SignInRefusedError("The sign-in service gave you a name that cannot be kept here.")


def _account(issuer: str, subject: str) -> LinkedAccount | None:
    accounts = LinkedAccount.objects.select_related("user")
    return accounts.filter(issuer=issuer, subject=subject).first()


def _dismiss(person: User) -> None:
    """Take roles and sessions of somebody whom the issuer no longer calls staff.

    Superusers are ours.
    """
    if not person.is_superuser:
        person.groups.remove(*person.groups.filter(name__in=ROLES))
        User.objects.filter(pk=person.pk).update(is_staff=False)
        person.end_sessions()


@transaction.atomic
def _newcomer(claims: Mapping[str, Any]) -> User:
    """A new person, linked; the one that a twin request has just made, if there is one.

    One newcomer at a time: two of the same name would ask for the same user name.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('identity.newcomer', 0))")
    account = _account(claims["iss"], claims["sub"])
    if account:
        return account.user
    person = User(username=free_username(_asked_name(claims)), is_staff=True)
    person.set_unusable_password()
    person.save()
    LinkedAccount.objects.create(user=person, issuer=claims["iss"], subject=claims["sub"])
    return person


def _asked_name(claims: Mapping[str, Any]) -> str:
    return str(claims.get("preferred_username") or claims.get("email") or claims["sub"])


def free_username(asked: str) -> str:
    """What somebody is called, or their e-mail address before the @; with a number when somebody
    else has that name."""
    name = re.sub(r"[^\w.+-]", "", asked.partition("@")[0])[:60] or "staff"
    taken = set(User.objects.filter(username__istartswith=name).values_list("username", flat=True))
    lowered = {username.lower() for username in taken}
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(username for username in numbered if username.lower() not in lowered)


def _bring_up_to_date(person: User, claims: Mapping[str, Any], roles: set[str]) -> None:
    """Names, and exactly these roles. Groups of other names were given here and stay.

    The issuer has vouched for the person: so a password that they have here goes on for a while.
    """
    given, _, family = str(claims.get("name") or "").partition(" ")
    person.first_name = str(claims.get("given_name") or given)[:150]
    person.last_name = str(claims.get("family_name") or family)[:150]
    person.email = str(claims.get("email") or "")[:254]
    person.is_staff = True
    person.vouched_at = clock.now()
    changed = ["first_name", "last_name", "email", "is_staff", "vouched_at"]
    with transaction.atomic():
        person.save(update_fields=changed)
        person.groups.remove(*person.groups.filter(name__in=set(ROLES) - roles))
        person.groups.add(*Group.objects.filter(name__in=roles))
