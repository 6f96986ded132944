"""Parcels and subscriptions on the pages of customers and orders; called by shipping.admin only."""
