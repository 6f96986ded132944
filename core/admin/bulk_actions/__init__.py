"""Actions on many rows: their preview, and the report of what was left out."""
