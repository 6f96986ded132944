"""Handing parcels over, cancelling them, asking about them: an outbox each; called by services,
tasks and sweeper."""
