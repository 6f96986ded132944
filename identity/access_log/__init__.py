"""Who read whose health data, and why; called by views and admin pages that show it."""
