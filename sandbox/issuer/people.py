"""Who the issuer knows: demo people, and the clients that ask for tokens."""

from dataclasses import dataclass

from sandbox.config import Config

API_SCOPES = (
    "customers:read",
    "customers:write",
    "orders:read",
    "orders:write",
    "dna-kit-orders:write",
    "clinical:read",
    "clinical:write",
    "shipping:read",
    "shipping:write",
    "notifications:read",
    "notifications:write",
    "exceptions:read",
    "exceptions:write",
    "kits:read",
    "kits:write",
    "lab:write",
)
READ_SCOPES = tuple(scope for scope in API_SCOPES if scope.endswith(":read"))
OPENID_SCOPES = ("openid", "profile", "email", "groups", "offline_access")


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in."""

    sub: str
    name: str
    groups: tuple[str, ...]
    email_verified: bool = True

    @property
    def email(self) -> str:
        """An address in a domain that cannot exist."""
        return f"{self.sub}@dosette.example"

    def claims(self) -> dict[str, object]:
        """What ID tokens and userinfo say about a person."""
        return {
            "sub": self.sub,
            "name": self.name,
            "email": self.email,
            "email_verified": self.email_verified,
            "groups": list(self.groups),
        }


PEOPLE = {
    person.sub: person
    for person in (
        Person("sara", "Sara Support", ("support",)),
        Person("fred", "Fred Fulfilment", ("fulfilment",)),
        Person("clara", "Clara Clinician", ("clinician",)),
        Person("mona", "Mona Manager", ("manager",)),
        Person("audra", "Audra Auditor", ("auditor",)),
        Person("nora", "Nora Nobody", (), email_verified=False),
    )
}


@dataclass(frozen=True)
class Client:
    """A program that asks the issuer for tokens."""

    id: str
    secret: str
    scopes: tuple[str, ...]
    grants: tuple[str, ...] = ("client_credentials",)

    def granted(self, requested: str) -> str | None:
        """The scope granted: all of the client's when none is named, None when one is not its."""
        wanted = requested.split()
        if not set(wanted) <= set(self.scopes):
            return None
        return " ".join(scope for scope in self.scopes if scope in wanted or not wanted)


def clients_of(config: Config) -> dict[str, Client]:
    """The clients by their ids."""
    known = (
        Client("demo", config.demo_client_secret, API_SCOPES),
        Client("reader", config.demo_client_secret, READ_SCOPES),
        Client(
            config.oidc_client_id,
            config.oidc_client_secret,
            (*OPENID_SCOPES, *API_SCOPES),
            ("authorization_code", "refresh_token"),
        ),
    )
    return {client.id: client for client in known}
