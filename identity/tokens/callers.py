"""Whose token it is, and what it may do here at most."""

from functools import cache

from django.conf import settings
from django.db import connection

from identity.models import ServiceClient, User
from identity.rights.scopes import SCOPES
from identity.tokens.errors import InvalidTokenError
from identity.tokens.reader import AccessToken

Caller = ServiceClient | User


def authenticate_caller(token: AccessToken) -> tuple[Caller, frozenset[str]]:
    """The service client or the person, and the scopes that they may use at most.

    Who comes through a program may no more than it may. Raises InvalidTokenError for anybody staff
    have not let in. Asked of the database at every request, so that whoever is shut out is out at
    once.
    """
    program = _client(token)
    if program and token.subject == (program.subject or program.client_id):
        return _active(program), frozenset(program.allowed_scopes)
    # Whoever signed in through a client is not that client, whatever the client may do.
    if token.subject == token.client_id:
        raise InvalidTokenError(
            "This client is not known here. Ask staff to add it to the API clients."
        )
    person = User.objects.filter(
        linked_accounts__issuer=token.issuer, linked_accounts__subject=token.subject
    ).first()
    if person is None or not person.is_staff:
        raise InvalidTokenError("This person is not known here. Sign in to the admin once.")
    return _active(person), person.allowed_scopes & _scopes_through(program)


def _scopes_through(program: ServiceClient | None) -> frozenset[str]:
    """What a program lets people do through it. Raises InvalidTokenError for one that is shut out.

    The token's issuer vouches for a program that is not among the API clients, if the settings
    say that this is enough.
    """
    if program:
        if not program.is_active:
            raise InvalidTokenError("This program has been shut out by staff.")
        return frozenset(program.allowed_scopes)
    if not settings.OIDC_UNKNOWN_PROGRAMS:
        text = "This program is not known here. Ask staff to add it to the API clients."
        raise InvalidTokenError(text)
    return frozenset(SCOPES)


def _client(token: AccessToken) -> ServiceClient | None:
    """Every request asks this, so its statement is made once."""
    statement, names = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [token.issuer, token.client_id])
        row = cursor.fetchone()
    return ServiceClient.from_db(connection.alias, names, row) if row else None


@cache
def _statement() -> tuple[str, list[str]]:
    fields = ServiceClient._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    table = ServiceClient._meta.db_table
    statement = f'SELECT {columns} FROM "{table}" WHERE issuer = %s AND client_id = %s'  # noqa: S608 - our own columns
    return statement, [field.attname for field in fields]


def _active(caller: Caller) -> Caller:
    if not caller.is_active:
        raise InvalidTokenError("This caller has been shut out by staff.")
    return caller
