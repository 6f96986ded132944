"""Roles and scopes, and who may give them; called by every app."""
