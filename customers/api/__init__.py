"""Customers and their addresses over HTTP; called by URLs, and by APIs of apps above."""
