"""What every endpoint of the API shares: errors, filters, pages, idempotency; called by api
folders."""
