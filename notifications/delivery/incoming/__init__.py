"""What services report of messages, and what people write back; called by `api/inbox.py`."""
