"""Customers and their addresses; called by every app above."""
