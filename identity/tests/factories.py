"""Callers for tests."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from factory.declarations import LazyAttribute, LazyFunction
from factory.declarations import Sequence as Counted
from factory.django import DjangoModelFactory
from rest_framework.test import APIClient

from identity.models import LinkedAccount, ServiceClient, User
from identity.rights.scopes import SCOPES
from identity.tests.issuer import shared_issuer


class UserFactory(DjangoModelFactory[User]):
    """A member of staff who may do nothing yet."""

    class Meta:
        model = User

    username = Counted(lambda n: f"staff{n}")
    email = LazyAttribute(lambda user: f"{user.username}@dosette.example")
    is_staff = True


def staff(role: str = "", **fields: Any) -> User:
    """A member of staff in this role."""
    user = UserFactory.create(**fields)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def browser_of(person: User, **session: Any) -> Client:
    """A browser in which this person is signed in by password; `session` is kept in theirs."""
    browser = Client()
    browser.force_login(person, "django.contrib.auth.backends.ModelBackend")
    kept = browser.session
    kept.update(session)
    kept.save()
    return browser


class ServiceClientFactory(DjangoModelFactory[ServiceClient]):
    """A program that may do everything."""

    class Meta:
        model = ServiceClient
        django_get_or_create = ("issuer", "client_id")

    name = "Test client"
    issuer = LazyFunction(lambda: shared_issuer().url)
    client_id = "test"
    allowed_scopes = list(SCOPES)


class BearerClient(APIClient):
    """Sends a real access token, signed at each request: so it is fresh on every frozen day."""

    def __init__(self, scope: str, **claims: str) -> None:
        super().__init__()
        self._claims = {"scope": scope, **claims}

    def request(self, **kwargs: Any) -> Any:
        """The answer to the request."""
        token = shared_issuer().sign(**self._claims)
        return super().request(**{"HTTP_AUTHORIZATION": f"Bearer {token}", **kwargs})


def client_for(scopes: Sequence[str | None]) -> APIClient:
    """An API client whose requests carry a real token with these scopes."""
    ServiceClientFactory()
    return BearerClient(" ".join(scope for scope in scopes if scope))


def client_of(person: User, *scopes: str) -> APIClient:
    """An API client with the tokens of a person who came through a program; all scopes if none is
    named."""
    ServiceClientFactory()
    issuer = shared_issuer().url
    LinkedAccount.objects.get_or_create(user=person, issuer=issuer, subject=person.username)
    return BearerClient(" ".join(scopes or SCOPES), sub=person.username, client_id="test")


def token_for(*scopes: str) -> str:
    """An access token for raw HTTP against `live_server`; all scopes when none is named."""
    ServiceClientFactory()
    return shared_issuer().sign(scope=" ".join(scopes or SCOPES))


def actor_named(name: str) -> str:
    """How event rows name the person who signs in by this name."""
    return User.objects.get(username=name).actor


def client_named(client_id: str) -> str:
    """How event rows name the program that calls itself so."""
    return ServiceClient.objects.get(client_id=client_id).actor
