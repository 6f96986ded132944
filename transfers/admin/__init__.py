"""The pages of imports and exports in the admin."""

from transfers.admin import exports, imports

__all__ = ["exports", "imports"]
