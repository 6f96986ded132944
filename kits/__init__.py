"""Kits as things with a serial: their lots, who has which, and what became of each."""
