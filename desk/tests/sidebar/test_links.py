"""The side bar: all that staff work with, and nothing that somebody may not open."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse

from desk.sidebar import links
from desk.sidebar.links import GROUPS, NAVIGATION, account_links
from identity.rights.roles import ROLES
from identity.tests.factories import UserFactory, staff

pytestmark = pytest.mark.django_db
MODELS = [model for group in GROUPS.values() for _, _, model in group]


def offered(person: Any) -> list[str]:
    """Where the side bar leads this person."""
    return [str(item["link"]) for _, items in links.offered(request_of(person)) for item in items]


def request_of(person: Any) -> Any:
    request = RequestFactory().get("/admin/")
    request.user = person
    return request


def test_every_page_of_the_admin_is_in_the_side_bar_once():
    listed = {model._meta.label_lower for model in admin.site._registry}
    assert len(MODELS) == len(set(MODELS))
    assert set(MODELS) <= listed
    assert listed - set(MODELS) - {"core.case"} == set()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_offered_just_the_pages_that_open_for_it(role):
    """Asked of the pages themselves; that they ask too: tests/test_rights_matrix.py."""
    person = staff(role)
    open_to = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model, page in admin.site._registry.items()
        if page.has_view_permission(request_of(person))
    }
    assert set(offered(person)) == open_to | {"/admin/"}


def test_nobody_but_the_clinic_and_the_audit_is_offered_health_data():
    seen_by = {role for role in ROLES if "/admin/clinical/patient/" in offered(staff(role))}
    assert seen_by == {"clinician", "auditor"}


def test_the_daily_work_comes_first_and_each_icon_and_title_is_there():
    first, *others = NAVIGATION
    assert [item["title"] for item in first["items"]] == ["Start", "Exceptions"]
    assert [group["title"] for group in others] == list(GROUPS)
    titles = [title for group in GROUPS.values() for title, _, _ in group]
    assert len(titles) == len(set(titles)), "two lists of one name"
    assert all(apps.get_model(model) for model in MODELS)


def test_who_signs_in_by_password_changes_it_here(settings):
    settings.PASSWORD_LOGIN = True
    person = UserFactory.create()
    person.set_password("a long enough one")
    titles = [link["title"] for link in account_links(request_of(person))]
    assert titles == ["Where you are signed in", "Change password", "Second factor"]


def test_who_has_no_password_is_offered_none_to_change(settings):
    settings.PASSWORD_LOGIN = True
    person = UserFactory.create()
    person.set_unusable_password()
    titles = [link["title"] for link in account_links(request_of(person))]
    assert titles == ["Where you are signed in"]


def test_where_passwords_are_switched_off_nobody_is_offered_one(settings):
    settings.PASSWORD_LOGIN = False
    person = UserFactory.create()
    person.set_password("a long enough one")
    assert len(account_links(request_of(person))) == 1


def test_who_is_not_signed_in_has_no_account():
    assert account_links(request_of(AnonymousUser())) == []
