"""Who read whose health data, and why, and by whom a request changes records; called by views and
admin pages."""
