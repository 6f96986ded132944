"""What staff do about messages that went wrong; called by the queue of cases and the admin."""
