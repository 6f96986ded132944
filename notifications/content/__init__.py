"""Filling in texts, and what they may hold; called by models and by all above them."""
