"""A provider that only writes a line to the log: for development without any provider."""

import logging
from collections.abc import Sequence

from core.http import Outcome
from orders.models import OrderLine
from shipping.models import Shipment
from shipping.provider_api import parsing
from shipping.provider_api.base import Provider

logger = logging.getLogger(__name__)


class Console(Provider):
    """Takes everything at once, without a request."""

    name = "console"
    is_idempotent = True
    is_fake = True

    def create(self, shipment: Shipment, lines: Sequence[OrderLine]) -> Outcome:
        """Done. The log says which shipment, not whose."""
        logger.info("shipment %s: %d lines, taken by nobody", shipment.reference, len(lines))
        return parsing.accepted(f"console-{shipment.reference}")


provider = Console()
