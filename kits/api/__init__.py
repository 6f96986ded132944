"""Kits and lots over HTTP."""
