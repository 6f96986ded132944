"""The one search of the workplace: what it looks in, what it shows, and its page."""
