"""Logs, metrics and traces; called by every app."""
