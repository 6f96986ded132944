"""What core's tests share."""

from collections.abc import Iterator

import pytest

from core.tests.parcels import drop_tables, make_tables


@pytest.fixture
def outbox(db: None) -> None:
    """Tables of parcels, gone with the test's transaction."""
    make_tables()


@pytest.fixture
def committed_outbox(transactional_db: None) -> Iterator[None]:
    """Tables of parcels that other threads see too."""
    make_tables()
    yield
    drop_tables()
