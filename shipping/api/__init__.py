"""Shipments, schedules, returns and providers' webhooks over HTTP; called by URLs only."""
