"""Demo staff and API clients. Safe to repeat: only the password is put back."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured

from core.database import clock
from identity.models import LinkedAccount, ServiceClient, User
from identity.rights.scopes import SCOPES

PEOPLE = {
    "sara": ("Sara", "Support", "support"),
    "fred": ("Fred", "Fulfilment", "fulfilment"),
    "clara": ("Clara", "Clinician", "clinician"),
    "mona": ("Mona", "Manager", "manager"),
    "audra": ("Audra", "Auditor", "auditor"),
}


def load() -> None:
    """A superuser, one person per role, and two API clients at the sandbox's issuer.

    Raises ImproperlyConfigured outside a demo, where there is no demo password.
    """
    if not settings.DEMO_PASSWORD:
        raise ImproperlyConfigured(
            "Demo people have a known password: only with DEMO_PASSWORD set."
        )
    _person("admin", "Ada", "Admin", is_superuser=True)
    for username, (first_name, last_name, role) in PEOPLE.items():
        person, is_new = _person(username, first_name, last_name)
        if is_new:
            person.groups.add(Group.objects.get(name=role))
            account = {"issuer": settings.OIDC_ISSUER, "subject": username}
            LinkedAccount.objects.get_or_create(**account, defaults={"user": person})
    User.objects.filter(username__in=PEOPLE).update(vouched_at=clock.now())  # as if they signed in
    _client("demo", "Demo client", list(SCOPES))
    _client("reader", "Demo reader", [scope for scope in SCOPES if scope.endswith(":read")])


def _person(
    username: str, first_name: str, last_name: str, *, is_superuser: bool = False
) -> tuple[User, bool]:
    """The person with the demo password, and whether they were made just now."""
    person, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": first_name,
            "last_name": last_name,
            "email": f"{username}@dosette.example",
            "is_staff": True,
            "is_superuser": is_superuser,
            "password": make_password(settings.DEMO_PASSWORD),  # not set anew: nobody is told
        },
    )
    if not person.check_password(settings.DEMO_PASSWORD):
        person.set_password(settings.DEMO_PASSWORD)
        person.save(update_fields=["password"])
    return person, is_new


def _client(client_id: str, name: str, scopes: list[str]) -> None:
    ServiceClient.objects.get_or_create(
        issuer=settings.OIDC_ISSUER,
        client_id=client_id,
        defaults={"name": name, "allowed_scopes": scopes},
    )
