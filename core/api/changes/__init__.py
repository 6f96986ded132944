"""What the API says of changes: the history of a record, and its version; called by api folders."""
