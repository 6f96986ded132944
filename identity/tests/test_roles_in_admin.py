"""Every role at every page of the admin, generated from what is registered there."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.urls import reverse

from identity.roles import ROLES, permits
from identity.tests.factories import staff

pytestmark = pytest.mark.django_db
MODELS = sorted(model._meta.label_lower for model in admin.site._registry)


@pytest.fixture
def visit(client):
    """`visit(role, model, page)`: the status that somebody in this role gets."""

    def visit(role, model, page):
        client.force_login(staff(role))
        return client.get(reverse(f"admin:{model.replace('.', '_')}_{page}")).status_code

    return visit


def allowed(role, model, *verbs):
    """Whether the role's table gives one of these on the model."""
    meta = apps.get_model(model)._meta
    names = [f"{meta.app_label}.{get_permission_codename(verb, meta)}" for verb in verbs]
    return any(permits(ROLES[role], name) for name in names)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("role", ROLES)
def test_a_list_opens_for_those_whose_role_says_so(visit, role, model):
    opens = allowed(role, model, "view", "change")
    assert visit(role, model, "changelist") == (200 if opens else 403)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_added_by_those_whose_role_does_not_say_so(visit, role, model):
    status = visit(role, model, "add")
    assert status in ((200, 403) if allowed(role, model, "add") else (403,))


@pytest.mark.parametrize("role", ROLES)
def test_the_first_page_opens_for_every_role(client, role):
    client.force_login(staff(role))
    assert client.get(reverse("admin:index")).status_code == 200


HEALTH_DATA = [model for model in MODELS if model.startswith("clinical.")]


@pytest.mark.parametrize("role", ["support", "fulfilment", "manager"])
def test_no_page_shows_health_data_to_who_must_not_see_it(visit, role):
    assert HEALTH_DATA
    assert {visit(role, model, "changelist") for model in HEALTH_DATA} == {403}


def test_the_auditor_adds_nothing_anywhere(visit):
    assert {visit("auditor", model, "add") for model in MODELS} == {403}
