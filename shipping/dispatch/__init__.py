"""Handing parcels over, taking them back, asking after them: an outbox each; called by services,
tasks and sweeper."""
