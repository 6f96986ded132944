"""What every request passes through, API or not: middleware, health, rate limits; called by
settings and URLs."""
