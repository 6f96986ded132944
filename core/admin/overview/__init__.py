"""What the page of a row says of it above its form: panels, and a timeline of what happened.

Each app adds its part with `extend()` (core/admin/extensions.py). What somebody may not see is left
out.
"""
