"""Products and orders; called by every app above."""
