"""What the API asks of every caller: rates, and what may be shown; called by settings and
webhooks."""
