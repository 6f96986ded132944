"""What somebody may do is answered on one page, with the reason."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from identity.tests.factories import staff

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def mona(db) -> Client:
    client = Client()
    client.force_login(staff("manager"), backend=BACKEND)
    return client


def ask(client: Client, person, verb: str = "view", model: str = "clinical.study") -> str:
    page = client.get(f"/admin/identity/user/{person.pk}/rights/", {"verb": verb, "model": model})
    assert page.status_code == 200
    return str(page.context["answer"])


def test_yes_because_of_a_role(mona):
    nora = staff("clinician", username="nora")
    assert ask(mona, nora) == "Yes: nora may see studies, because the role clinician gives it."


def test_yes_because_of_two(mona):
    nora = staff("clinician", username="nora")
    nora.groups.add(Group.objects.get(name="auditor"))
    assert "the role auditor gives it and the role clinician gives it" in ask(mona, nora)


def test_yes_because_of_a_right_of_their_own(mona):
    nora = staff(username="nora")
    nora.user_permissions.add(Permission.objects.get(codename="view_order"))
    said = ask(mona, nora, "view", "orders.order")
    assert said == "Yes: nora may see orders, because the right was given to them alone."


def test_yes_because_superusers_may(mona):
    assert "superusers may do everything" in ask(mona, staff(is_superuser=True))


def test_no_and_who_may(mona):
    nora = staff("support", username="nora")
    assert ask(mona, nora) == ("No: nora may not see studies. Roles that may: clinician, auditor.")
    assert "a group of your own" in ask(mona, nora, "delete", "core.case")


@pytest.mark.parametrize(
    ("fields", "why"), [({"is_active": False}, "closed"), ({"is_staff": False}, "not marked as")]
)
def test_no_while_they_cannot_come_in(mona, fields, why):
    said = ask(mona, staff("clinician", username="nora", **fields))
    assert said.startswith("No: nora could see studies, but")
    assert why in said


def test_who_treats_nobody_says_why_each_time(mona):
    page = mona.get(f"/admin/identity/user/{staff('auditor').pk}/rights/").content.decode()
    assert "have to say why each time" in page
    page = mona.get(f"/admin/identity/user/{staff('clinician').pk}/rights/").content.decode()
    assert "have to say why each time" not in page


def test_a_role_is_a_table_to_be_read(mona, django_assert_max_num_queries):
    role = Group.objects.get(name="support")
    with django_assert_max_num_queries(16):
        page = mona.get(f"/admin/auth/group/{role.pk}/change/").content.decode()
    assert "Answers customers" in page
    assert "Opt outs" in page or "Opt-outs" in page
    assert "health data" not in page.split('aria-label="Rights"')[1]
    assert "Can change case" not in page


def test_the_page_takes_as_many_statements_whatever_somebody_may(
    mona, django_assert_max_num_queries
):
    for person in (staff("support"), staff("auditor"), staff(is_superuser=True)):
        with django_assert_max_num_queries(16):
            ask(mona, person)


def test_support_may_not_ask(db):
    client = Client()
    client.force_login(staff("support"), backend=BACKEND)
    assert client.get(f"/admin/identity/user/{staff().pk}/rights/").status_code == 403
