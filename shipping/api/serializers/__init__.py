"""The shapes of shipping in the API; called by its views, and by pages that show the same."""
