"""Schedules in the admin: their dates, contents and forecast; called by shipping.admin only."""
