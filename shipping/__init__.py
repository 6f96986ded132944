"""Parcels: providers, shipments, schedules, returns; called by notifications and the workplace."""
