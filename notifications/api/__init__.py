"""Notifications, preferences, devices and costs over HTTP; called by URLs only."""
