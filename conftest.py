"""What every test may use."""

from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from rest_framework.test import APIClient

from identity.scopes import SCOPES


@pytest.fixture(scope="session", autouse=True)
def trusted_issuer() -> None:
    """Trust the issuer on loopback that signs the tokens of `api`."""
    from identity.tests.issuer import shared_issuer

    settings.OIDC_TRUSTED_ISSUERS = [shared_issuer().url]


@pytest.fixture
def api(db: None) -> Callable[..., APIClient]:
    """Make a client: `api()` may do all, `api("orders:read")` only that, `api(None)` nothing."""
    from identity.tests.factories import client_for

    def make(*scopes: str | None) -> APIClient:
        if scopes == (None,):
            return APIClient()
        return client_for(scopes or tuple(SCOPES))

    return make


@pytest.fixture
def delivered(transactional_db: None) -> None:
    """The rules and templates that come with Dosette: each transactional test empties all tables.

    Django's serialized rollback would restore them too, but collides with the roles, which
    `post_migrate` has already put back by then.
    """
    migration = import_module("notifications.migrations.0002_default_rules_and_templates")
    if not apps.get_model("notifications", "Rule").objects.exists():
        migration.deliver(apps, None)
