"""Lots, kits and what happened to them."""

from kits.models.kits import Kit, KitEvent
from kits.models.lots import Lot

__all__ = ["Kit", "KitEvent", "Lot"]
