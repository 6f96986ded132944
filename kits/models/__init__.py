"""Lots, kits and what happened to them, and what staff set for their types."""

from kits.models.kits import Kit, KitEvent
from kits.models.limits import KitLimits
from kits.models.lots import Lot
from kits.models.replacements import Replacement

__all__ = ["Kit", "KitEvent", "KitLimits", "Lot", "Replacement"]
