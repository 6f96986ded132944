"""Machinery without a word of the business; called by every app."""
