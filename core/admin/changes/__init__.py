"""What pages of the admin say of changes: the history of a record, and what came between while
somebody edited it; called by `core/admin/pages.py`."""
