"""What every app is built from, and knows nothing of the business; called by every app."""
