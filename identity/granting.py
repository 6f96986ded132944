"""Nobody gives a right that they lack, nor takes over somebody who has one."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

from identity.models import ServiceClient, User


def grantable_permissions(user: User) -> QuerySet[Permission]:
    """The permissions that this user may give to others: their own."""
    if user.is_superuser:
        return Permission.objects.all()
    return Permission.objects.filter(_held_by(user)).distinct()


def grantable_groups(user: User) -> QuerySet[Group]:
    """The groups that give nothing the user lacks."""
    return Group.objects.exclude(permissions__in=_beyond(user))


def manages(user: User, other: User) -> bool:
    """Whether `other` has no right that `user` lacks: whoever sets a password can sign in with it.

    Rights count while somebody is inactive too: activating them would give the rights back.
    """
    if user.is_superuser or user == other:
        return True
    return not other.is_superuser and not _beyond(user).filter(_held_by(other)).exists()


def manages_group(user: User, group: Group) -> bool:
    """Whether the group gives no right that the user lacks."""
    return grantable_groups(user).filter(pk=group.pk).exists()


def manages_client(user: User, client: ServiceClient) -> bool:
    """Whether the client may do nothing that the user may not."""
    return user.allowed_scopes.issuperset(client.allowed_scopes)


def lacking(user: User, scopes: Iterable[str]) -> list[str]:
    """The scopes among these that the user may not give."""
    return sorted(set(scopes) - user.allowed_scopes)


def _beyond(user: User) -> QuerySet[Permission]:
    """The permissions that the user lacks."""
    return Permission.objects.exclude(pk__in=grantable_permissions(user).values("pk"))


def _held_by(user: User) -> Q:
    return Q(group__user=user) | Q(user=user)
