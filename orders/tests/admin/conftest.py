"""What the tests of the admin of orders share."""

import pytest

from identity.tests.factories import UserFactory
from orders.tests.factories import ProductFactory


@pytest.fixture
def boss(client):
    """The browser of a superuser."""
    client.force_login(UserFactory.create(username="boss", is_superuser=True))
    return client


@pytest.fixture
def serum():
    """A product on sale."""
    return ProductFactory.create(item_id="it-1")
