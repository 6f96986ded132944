"""Nobody gives a right that they lack; the last superuser stays."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from identity.models import ServiceClient, User
from identity.rights.scopes import SCOPES
from identity.tests.factories import ServiceClientFactory, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def mona(client) -> User:
    """A manager, signed in: she may everything but health data."""
    user = staff("manager", username="mona")
    client.force_login(user)
    return user


@pytest.fixture
def root(client) -> User:
    """The only superuser, signed in."""
    user = staff(username="root", is_superuser=True)
    client.force_login(user)
    return user


def page(user, what="change"):
    """The address of a person's page."""
    return reverse(f"admin:identity_user_{what}", args=[user.pk])


def form(user, **changes):
    """The person's form as the browser would send it, with these changes; None unticks."""
    fields = {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "is_active": "on" if user.is_active else None,
        "is_staff": "on" if user.is_staff else None,
        "is_superuser": "on" if user.is_superuser else None,
        "groups": [group.pk for group in user.groups.all()],
        "linked_accounts-TOTAL_FORMS": 0,
        "linked_accounts-INITIAL_FORMS": 0,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def group(name):
    """The key of a group."""
    return Group.objects.get(name=name).pk


def test_a_manager_gives_a_role_she_holds_all_rights_of(client, mona):
    other = staff()
    answer = client.post(page(other), form(other, groups=[group("support")]))
    assert answer.status_code == 302
    assert other.groups.get().name == "support"


@pytest.mark.parametrize("role", ["clinician", "auditor"])
def test_a_manager_cannot_give_rights_to_health_data(client, mona, role):
    other = staff()
    answer = client.post(page(other), form(other, groups=[group(role)]))
    assert answer.status_code == 200
    assert not other.groups.exists()


def test_a_manager_cannot_give_herself_more(client, mona):
    client.post(page(mona), form(mona, groups=[group("manager"), group("clinician")]))
    assert mona.groups.get().name == "manager"


def test_a_manager_cannot_give_a_single_permission_she_lacks(client, mona):
    other = staff()
    permission = Permission.objects.get(codename="view_patient")
    client.post(page(other), form(other, user_permissions=[permission.pk]))
    assert not other.user_permissions.exists()


def test_a_manager_makes_no_superuser(client, mona):
    other = staff()
    client.post(page(other), form(other, is_superuser="on"))
    other.refresh_from_db()
    assert not other.is_superuser


@pytest.mark.parametrize("fields", [{}, {"is_active": False}])
@pytest.mark.parametrize("role", ["clinician", ""])
def test_a_manager_takes_over_nobody_who_may_more(client, mona, role, fields):
    other = staff(role, is_superuser=not role, **fields)
    assert client.post(page(other), form(other, first_name="Mine")).status_code == 403
    passwords = {"password1": "a-long-phrase-1", "password2": "a-long-phrase-1"}
    answer = client.post(reverse("admin:auth_user_password_change", args=[other.pk]), passwords)
    assert answer.status_code == 403
    other.refresh_from_db()
    assert not other.check_password("a-long-phrase-1")
    assert other.first_name != "Mine"


def test_support_sees_no_staff_pages(client):
    client.force_login(staff("support"))
    assert client.get(reverse("admin:identity_user_changelist")).status_code == 403


@pytest.mark.parametrize(
    "change", [{"is_superuser": None}, {"is_active": None}, {"is_staff": None}]
)
def test_the_last_superuser_cannot_be_removed(client, root, change):
    answer = client.post(page(root), form(root, **change))
    assert "last active superuser" in answer.content.decode()
    root.refresh_from_db()
    assert root.is_superuser
    assert root.is_active
    assert root.is_staff


def test_one_of_two_superusers_can_go(client, root):
    other = staff(is_superuser=True)
    assert client.post(page(other), form(other, is_superuser=None)).status_code == 302
    other.refresh_from_db()
    assert not other.is_superuser


def test_an_inactive_superuser_does_not_count(client, root):
    staff(is_superuser=True, is_active=False)
    client.post(page(root), form(root, is_superuser=None))
    root.refresh_from_db()
    assert root.is_superuser


def test_people_are_not_deleted(client, root):
    other = staff()
    assert client.post(page(other, "delete"), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=other.pk).exists()


def test_the_roles_themselves_are_read_only(client, root):
    role = Group.objects.get(name="support")
    address = reverse("admin:auth_group_change", args=[role.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "support"}).status_code == 403
    assert client.post(reverse("admin:auth_group_delete", args=[role.pk])).status_code == 403
    assert role.permissions.exists()


def test_a_group_of_ones_own_can_be_made(client, root):
    permission = Permission.objects.get(codename="view_order")
    answer = client.post(
        reverse("admin:auth_group_add"), {"name": "lookers", "permissions": [permission.pk]}
    )
    assert answer.status_code == 302
    assert Group.objects.get(name="lookers").permissions.get() == permission


def client_form(**changes):
    """The form of an API client."""
    fields = {"name": "Shop", "client_id": "shop", "allowed_scopes": ["orders:read"]}
    return {**fields, "is_active": "on", **changes}


def test_a_manager_lets_a_client_in_with_scopes_of_her_own(client, mona, settings):
    fields = client_form(issuer=settings.OIDC_ISSUER)
    answer = client.post(reverse("admin:identity_serviceclient_add"), fields)
    assert answer.status_code == 302
    assert ServiceClient.objects.get().allowed_scopes == ["orders:read"]


def test_a_manager_gives_no_client_scopes_she_lacks(client, mona, settings):
    fields = client_form(issuer=settings.OIDC_ISSUER, allowed_scopes=["clinical:read"])
    answer = client.post(reverse("admin:identity_serviceclient_add"), fields)
    assert "clinical:read is not one of the available choices" in answer.content.decode()
    assert not ServiceClient.objects.exists()


def test_a_client_of_an_untrusted_issuer_is_not_offered(client, mona):
    fields = client_form(issuer="https://evil.example")
    client.post(reverse("admin:identity_serviceclient_add"), fields)
    assert not ServiceClient.objects.exists()


def test_a_manager_leaves_clients_with_more_scopes_alone(client, mona, settings):
    other = ServiceClientFactory.create(allowed_scopes=list(SCOPES))
    address = reverse("admin:identity_serviceclient_change", args=[other.pk])
    assert client.post(address, client_form(issuer=other.issuer)).status_code == 403


def test_clients_are_shut_out_in_one_step(client, root):
    other = ServiceClientFactory.create()
    fields = {"action": "shut_out", "_selected_action": [other.pk]}
    answer = client.post(reverse("admin:identity_serviceclient_changelist"), fields)
    other.refresh_from_db()
    assert not other.is_active
    assert "1 API client(s) shut out" in str(next(iter(get_messages(answer.wsgi_request))))


PAGES = ["identity_user", "auth_group", "identity_serviceclient", "identity_accessrecord"]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens(client, root, name):
    ServiceClientFactory()
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    if name != "identity_accessrecord":
        assert client.get(reverse(f"admin:{name}_add")).status_code == 200
